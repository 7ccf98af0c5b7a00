"""Finding: as one types in the side bar, on the page of results, and inside a conversation."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import NARROW, problems_now, problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat
from tests.browser.test_long_conversation import SETTLED


def search_box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search conversations")


def test_results_come_as_one_types_and_escape_brings_the_conversations_back(
    chat: Chat, person: Person, backstage: Backstage
) -> None:
    page = chat.page
    backstage.new_conversation(person, turns=65, title="Names for a grey cat")
    chat.open("/")
    search_box(page).press_sequentially("question 7")
    found = page.get_by_role("list", name="Found")
    expect(found.get_by_role("link")).to_have_count(1)
    expect(found.locator("mark").first).to_be_visible()
    expect(page.locator("#quick-count")).to_have_text("1 conversation found")
    expect(chat.conversations.first).to_be_hidden()
    assert problems_now(page) == []

    search_box(page).press("ArrowDown")
    expect(found.get_by_role("link")).to_be_focused()
    search_box(page).press("Escape")
    expect(search_box(page)).to_have_value("")
    expect(chat.conversations.first).to_be_visible()
    expect(found).to_have_count(0)

    page.set_viewport_size(NARROW)
    page.get_by_role("button", name="Side bar").click()
    search_box(page).press_sequentially('"question 7"')
    found.get_by_role("link").click()
    expect(chat.questions.get_by_text("Question 7", exact=True)).to_be_in_viewport()
    page.get_by_role("link", name="Back to the newest").click()
    expect(chat.answers.last).to_be_in_viewport()


def test_the_page_of_results_and_its_filters(chat: Chat, person: Person, backstage: Backstage) -> None:
    page = chat.page
    backstage.new_conversation(person, title="Names for a grey cat")
    chat.open("/")
    search_box(page).fill("gray names")
    search_box(page).press("Enter")
    results = page.get_by_role("main")
    expect(results.get_by_role("heading", name="Names for a grey cat")).to_be_visible()
    assert problems_of(page) == []
    box = results.get_by_role("searchbox", name="Search for")
    box.fill("question")
    expect(results.get_by_text("1 conversation", exact=True)).to_be_visible()
    results.get_by_label("To", exact=True).fill("2020-01-01")
    expect(results.get_by_text("Nothing found for “question”.")).to_be_visible()
    expect(box).to_have_value("question")
    assert problems_now(page) == []


def test_find_in_the_conversation(chat: Chat, person: Person, backstage: Backstage) -> None:
    page = chat.page
    chat.open(backstage.new_conversation(person, turns=65))
    page.keyboard.press("Alt+Shift+F")
    box = page.get_by_role("searchbox", name="Text to find")
    expect(box).to_be_focused()
    box.press_sequentially("question 6")
    expect(page.locator("#find-count")).to_have_text("7 of 7")
    assert page.evaluate("CSS.highlights.get('found').size") == 6
    assert problems_now(page) == []
    box.press("Enter")
    expect(page.locator("#find-count")).to_have_text("6 of 7")
    box.press("Shift+Enter")
    expect(page.locator("#find-count")).to_have_text("7 of 7")
    box.press("Shift+Enter")
    expect(page.locator("#find-count")).to_have_text("1 of 7")
    expect(chat.questions.get_by_text("Question 6", exact=True)).to_be_in_viewport()
    chat.transcript.evaluate(SETTLED)
    assert problems_now(page) == []
    box.press("Escape")
    expect(box).to_be_hidden()


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_script(chat: Chat, person: Person, backstage: Backstage) -> None:
    page = chat.page
    backstage.new_conversation(person, turns=65, title="Names for a grey cat")
    chat.open("/")
    search_box(page).fill('"question 7"')
    search_box(page).press("Enter")
    page.get_by_role("main").get_by_role("link", name="Question 7").click()
    expect(chat.questions.get_by_text("Question 7", exact=True)).to_be_in_viewport()
    page.get_by_role("link", name="Find in conversation").click()
    page.get_by_role("searchbox", name="Text to find").fill("question 9")
    page.get_by_role("searchbox", name="Text to find").press("Enter")
    expect(page.locator("#find-count")).to_have_text("1 of 1")
    expect(chat.questions.get_by_text("Question 9", exact=True)).to_be_in_viewport()
