"""The main way: set the site up, ask, read the answer."""

import re

from playwright.sync_api import Page, expect

from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, sign_in
from tests.browser.conftest import FirstVisit

QUESTION = "Show me some code and a table, please"


def test_first_visit_leads_to_the_set_up_and_from_there_to_the_message_box(first_visit: FirstVisit) -> None:
    assert first_visit.first_address == "/setup/"
    assert first_visit.accessibility_problems == []
    assert first_visit.address_afterwards == "/"
    assert first_visit.focused_afterwards == "Message"


def test_set_up_is_not_there_a_second_time(page: Page, first_visit: FirstVisit) -> None:
    answer = page.goto("/setup/")
    assert answer
    assert answer.status == 404


def test_question_becomes_an_answer_on_the_page(chat: Chat) -> None:
    expect(chat.box).to_be_focused()
    chat.page.keyboard.type(QUESTION)
    chat.page.keyboard.press("Enter")
    expect(chat.page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}/$"))
    expect(chat.questions).to_have_text(QUESTION)
    expect(chat.box).to_have_value("")
    expect(chat.box).to_be_focused()
    chat.expect_last("completed", question=QUESTION)
    answer = chat.answers.last
    expect(answer.get_by_role("columnheader", name="Planet")).to_be_visible()
    expect(answer.locator("pre")).to_contain_text("def fibonacci")
    facts = re.compile(r"Claude 3 Haiku\s*\d+ \+ \d+ tokens\s*0\.\d+ credits\s*[\d.]+ s")
    expect(answer.locator("footer")).to_have_text(facts)
    expect(chat.page).to_have_title(f"{QUESTION} · Parley")


def test_what_is_left_at_segmind_stands_in_the_side_bar(chat: Chat) -> None:
    expect(chat.credits).to_have_count(0)
    chat.ask_and_wait("What does this cost?")
    expect(chat.credits).to_have_attribute("data-credits", "24.9992900000")
    expect(chat.credits).to_be_visible()


def test_conversation_that_was_written_in_last_is_on_top(chat: Chat) -> None:
    chat.ask_and_wait("Of apples")
    chat.page.get_by_role("link", name="New chat").click()
    expect(chat.questions).to_have_count(0)
    chat.ask_and_wait("Of pears")
    expect(chat.conversations).to_have_text(["Of pears", "Of apples"])
    chat.conversations.get_by_role("link", name="Of apples").click()
    expect(chat.questions).to_have_text(["Of apples"])
    chat.ask_and_wait("Of more apples")
    expect(chat.conversations).to_have_text(["Of apples", "Of pears"])
    expect(chat.conversations.first.get_by_role("link")).to_have_attribute("aria-current", "page")


def test_copy_puts_the_markdown_on_the_clipboard(chat: Chat) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = chat.ask_and_wait(QUESTION)
    answer.get_by_role("button", name="Copy", exact=True).click()
    expect(chat.page.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"You asked:\n\n> {QUESTION}\n\nI am **claude-3-haiku**")
    assert "```python\nfrom collections.abc import Iterator\n" in copied
    assert "| Earth | 1 | 24.0 | **home** |" in copied


def test_code_has_a_copy_button_of_its_own(chat: Chat) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = chat.ask_and_wait("Just code")
    answer.get_by_role("figure").get_by_role("button", name="To clipboard").click()
    expect(answer.get_by_role("figure").get_by_role("button", name="Copied")).to_be_visible()
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("from collections.abc import Iterator\n\n\ndef fibonacci")
    assert copied.rstrip().endswith('print(f"{sum(fibonacci(100)):,}")')


def test_sign_out_and_in_again(chat: Chat, person: Person) -> None:
    chat.ask_and_wait("Remember me")
    path = chat.page.url
    chat.page.get_by_role("button", name="Sign out").click()
    expect(chat.page.get_by_role("button", name="Sign in")).to_be_visible()
    chat.page.goto(path)
    expect(chat.page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(chat.page, person)
    expect(chat.page).to_have_url(path)
    expect(chat.questions).to_have_text(["Remember me"])


def test_conversation_of_somebody_else_is_not_there(chat: Chat, backstage: Backstage) -> None:
    stranger = backstage.new_person("Charlie")
    answer = chat.page.goto(backstage.new_conversation(stranger))
    assert answer
    assert answer.status == 404
    expect(chat.page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_deleted_conversation_is_gone(chat: Chat) -> None:
    chat.ask_and_wait("Forget me")
    path = chat.page.url
    chat.menu.click()
    chat.page.get_by_role("button", name="Delete").click()
    expect(chat.page).not_to_have_url(path)
    expect(chat.conversations).to_have_text(["No conversations yet."])
    answer = chat.page.goto(path)
    assert answer
    assert answer.status == 404
