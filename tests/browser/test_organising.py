"""A conversation is renamed, pinned, archived, deleted and fetched back, and every tab's side bar knows."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import NARROW, problems_now, problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat
from tests.sandbox.running import RunningSandbox, wait_until


def do(chat: Chat, name: str) -> None:
    chat.menu.click()
    chat.page.get_by_role("button", name=name, exact=True).click()


def group(page: Page, name: str) -> Locator:
    """The conversations under that name."""
    return page.get_by_role("navigation", name="Conversations").get_by_role("list", name=name).get_by_role("listitem")


def second_tab(chat: Chat, path: str = "/") -> Chat:
    return Chat(chat.page.context.new_page()).open(path)


def test_renamed_and_pinned_without_leaving_the_page_and_in_every_tab(
    chat: Chat, person: Person, backstage: Backstage
) -> None:
    page = chat.open(backstage.new_conversation(person, title="Rough")).page
    other = second_tab(chat)
    chat.box.fill("Half a thought")
    do(chat, "Rename")
    title = page.get_by_role("textbox", name="Title")
    expect(title).to_be_focused()
    title.fill("Polished")
    title.press("Enter")
    expect(page.get_by_role("heading", name="Polished")).to_be_visible()
    expect(page).to_have_title("Polished · Parley")
    expect(chat.menu).to_be_focused()
    do(chat, "Pin")
    for tab in (page, other.page):
        expect(group(tab, "Pinned")).to_have_text(["Polished"])
        expect(group(tab, "Today")).to_have_count(0)
    expect(chat.box).to_have_value("Half a thought")
    assert problems_of(page) == []
    do(chat, "Unpin")
    expect(group(other.page, "Today")).to_have_text(["Polished"])


def test_put_away_and_fetched_back_on_a_phone(chat: Chat, person: Person, backstage: Backstage) -> None:
    page = chat.open(backstage.new_conversation(person, title="Old news")).page
    page.set_viewport_size(NARROW)
    do(chat, "Archive")
    expect(page.get_by_text("In the archive.")).to_be_visible()
    page.get_by_role("button", name="Side bar").click()
    expect(chat.conversations).to_have_text(["No conversations yet."])
    page.get_by_role("link", name="Archive").click()
    page.get_by_role("button", name="Unarchive “Old news”").click()
    do(chat, "Delete")
    expect(page.get_by_text("“Old news” is in the trash.")).to_be_visible()
    assert problems_now(page) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Old news")).to_be_visible()
    do(chat, "Delete")
    page.get_by_role("button", name="Side bar").click()
    page.get_by_role("link", name="Trash").click()
    assert problems_of(page) == []
    page.set_viewport_size(NARROW)
    page.get_by_role("button", name="Delete “Old news” for good").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()


def test_what_is_sent_into_a_conversation_that_another_tab_deleted_is_kept(chat: Chat) -> None:
    chat.ask_and_wait("First")
    other = second_tab(chat, chat.page.url)
    do(other, "Delete")
    expect(other.page.get_by_role("button", name="Undo")).to_be_visible()
    chat.ask("Second")
    expect(chat.page.get_by_text("This conversation is in the trash.")).to_be_visible()
    expect(chat.box).to_have_value("Second")
    expect(chat.questions).to_have_text(["First"])
    chat.page.get_by_role("link", name="restore it").click()
    chat.page.get_by_role("button", name="Restore “First”").click()
    expect(chat.box).to_have_value("Second")
    chat.box.press("Enter")
    chat.expect_last("completed", question="Second")


def test_marks_follow_an_answer_in_a_tab_that_shows_something_else(
    chat: Chat, person: Person, sandbox: RunningSandbox
) -> None:
    chat.ask("Elsewhere, sandbox:hold")
    chat.expect_last("processing", question="Elsewhere, sandbox:hold")
    chat.open("/")
    rows = group(chat.page, "Today")
    expect(rows.get_by_role("img", name="Waiting for an answer")).to_be_visible()
    assert wait_until(lambda: sandbox.release(person.key)) == 1
    expect(rows.get_by_role("img", name="New answer")).to_be_visible()
    expect(chat.page.locator("#announcer")).to_have_text("New answer: Elsewhere, sandbox:hold")
    other = second_tab(chat, "/settings/")
    expect(group(other.page, "Today").get_by_role("img", name="New answer")).to_be_visible()
    rows.get_by_role("link").click()
    chat.expect_last("completed", question="Elsewhere, sandbox:hold")
    for tab in (chat.page, other.page):
        expect(group(tab, "Today").get_by_role("img")).to_have_count(0)


def test_an_answer_before_ones_eyes_is_not_unread(chat: Chat) -> None:
    other = second_tab(chat)
    chat.ask_and_wait("Here")
    for tab in (chat.page, other.page):
        expect(group(tab, "Today")).to_have_text(["Here"])
        expect(group(tab, "Today").get_by_role("img")).to_have_count(0)
    expect(Chat(chat.page).conversations).to_have_count(1)


def test_older_ones_stay_where_they_are_while_the_list_changes(
    chat: Chat, person: Person, backstage: Backstage
) -> None:
    for number in range(33):
        backstage.new_conversation(person, title=f"Talk {number}", turns=0)
    page = chat.open("/").page
    expect(chat.conversations).to_have_count(30)
    page.get_by_role("link", name="Older").click()
    expect(chat.conversations).to_have_count(33)
    do(second_tab(chat, page.get_by_role("link", name="Talk 32").get_attribute("href") or ""), "Pin")
    expect(group(page, "Pinned")).to_have_text(["Talk 32"])
    expect(chat.conversations).to_have_count(33)
