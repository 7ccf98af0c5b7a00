"""The actions on a message as people use them: with a mouse, by keyboard, on a phone, and without JavaScript."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.accessibility import NARROW, problems_now, problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, sign_in


def button(message: Locator, name: str) -> Locator:
    return message.get_by_role("button", name=name, exact=True)


def open_menu(message: Locator) -> Locator:
    button(message, "More").click()
    menu = message.locator(".popup--menu")
    expect(menu.get_by_role("button", name="Quote")).to_be_visible()
    return menu


def versions_of(message: Locator) -> Locator:
    return message.get_by_role("navigation", name="Versions")


def test_edit_choose_and_come_back_by_keyboard(chat: Chat, person: Person, backstage: Backstage) -> None:
    chat.ask_and_wait("What is a tree?")
    button(chat.questions.last, "Edit").press("Enter")
    box = chat.questions.last.get_by_role("textbox")
    expect(box).to_be_focused()
    expect(box).to_have_value("What is a tree?")
    assert problems_of(chat.page) == []
    box.press("Escape")
    expect(chat.questions.last).to_have_text("What is a tree?")

    button(chat.questions.last, "Edit").press("Enter")
    box.fill("What is a graph?")
    box.press("Enter")
    expect(chat.questions).to_have_count(1)
    expect(chat.questions.last).to_contain_text("What is a graph?")
    expect(chat.answers.last).to_have_attribute("data-state", "completed")
    expect(versions_of(chat.questions.last)).to_contain_text("2 of 2")
    assert problems_of(chat.page) == []

    previous = button(chat.questions.last, "Previous version")
    previous.press("Enter")
    expect(chat.questions.last).to_contain_text("What is a tree?")
    expect(versions_of(chat.questions.last)).to_contain_text("1 of 2")
    expect(button(chat.questions.last, "Previous version")).to_be_focused()
    chat.page.reload()
    expect(chat.questions.last).to_contain_text("What is a tree?")
    assert backstage.questions_of(person) == ["What is a tree?", "What is a graph?"]


def test_another_version_of_an_answer_by_another_model_and_by_the_same(chat: Chat) -> None:
    chat.ask_and_wait("Who are you?")
    button(chat.answers.last, "Try again").click()
    expect(versions_of(chat.answers.last)).to_contain_text("2 of 2")
    expect(chat.answers.last).to_have_attribute("data-state", "completed")
    menu = open_menu(chat.answers.last)
    assert problems_now(chat.page) == []
    menu.get_by_role("combobox", name="Try again with").select_option(label="Llama 3 8B Instruct")
    menu.get_by_role("button", name="Ask").click()
    expect(versions_of(chat.answers.last)).to_contain_text("3 of 3")
    expect(chat.answers.last).to_have_attribute("data-state", "completed")
    expect(chat.answers.last).to_contain_text("I am llama-v3-8b-instruct")
    expect(versions_of(chat.answers.last)).to_contain_text("3 of 3")


def test_the_place_that_was_clicked_stays_where_it_is(chat: Chat, person: Person, backstage: Backstage) -> None:
    chat.open(backstage.new_conversation(person, turns=10))
    question = chat.questions.filter(has_text="Question 6")
    button(question, "Edit").click()
    chat.questions.get_by_role("textbox").fill("Question six")
    chat.questions.get_by_role("button", name="Send").click()
    expect(chat.questions).to_have_count(6)
    expect(chat.answers.last).to_have_attribute("data-state", "completed")
    edited = chat.questions.filter(has_text="Question six")
    edited.scroll_into_view_if_needed()
    before = top_of(edited)
    button(edited, "Previous version").click()
    expect(chat.questions.last).to_have_text("Question 10")
    assert abs(top_of(question) - before) <= 2
    expect(button(question, "Previous version")).to_have_attribute("aria-disabled", "true")


def top_of(message: Locator) -> float:
    place = message.bounding_box()
    assert place
    return place["y"]


def test_quote_link_copy_and_delete_on_a_phone(chat: Chat, context: BrowserContext, person: Person) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = chat.page
    page.set_viewport_size(NARROW)
    chat.ask_and_wait("First things first\nand then the second")
    button(chat.questions.last, "Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == "First things first\nand then the second"

    open_menu(chat.questions.last).get_by_role("button", name="Quote").click()
    expect(chat.box).to_have_value("> First things first\n> and then the second\n\n")
    expect(chat.questions.last.locator(".popup--menu")).to_be_hidden()

    menu = open_menu_again(chat.questions.last)
    menu.get_by_role("button", name="Copy link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"/c/[0-9a-f-]+/\?message=([0-9a-f-]+)#message-\1$", link)
    menu.get_by_role("link", name="Delete from here").click()
    expect(menu.get_by_text("This message and the one below it")).to_be_visible()
    expect(menu.get_by_role("link", name="Keep it")).to_be_focused()
    assert problems_now(page) == []
    menu.get_by_role("button", name="Delete").click()
    expect(chat.questions).to_have_count(0)
    expect(chat.answers).to_have_count(0)


def open_menu_again(message: Locator) -> Locator:
    button(message, "More").click()
    return message.locator(".popup--menu")


def test_a_new_chat_from_here_goes_its_own_way(chat: Chat, person: Person) -> None:
    chat.ask_and_wait("What is a tree?")
    first = chat.page.url
    open_menu(chat.answers.last).get_by_role("button", name="New chat from here").click()
    expect(chat.page.get_by_text("Started from")).to_be_visible()
    assert chat.page.url != first
    assert problems_of(chat.page) == []
    chat.ask_and_wait("And a graph?")
    expect(chat.questions).to_have_text(["What is a tree?", "And a graph?"])
    chat.page.goto(first)
    expect(chat.questions).to_have_text(["What is a tree?"])


def test_an_answer_that_was_cut_off_goes_on(chat: Chat) -> None:
    chat.ask("A long story, sandbox:length")
    expect(chat.answers.last).to_have_attribute("data-state", "completed")
    chat.answers.last.get_by_role("button", name="Continue").click()
    chat.expect_last("completed", question="Continue")


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_everything_works_without_javascript(page: Page, person: Person) -> None:
    chat = Chat(page).open("/")
    sign_in(page, person)
    chat.box.fill("What is a tree?")
    chat.send.click()
    chat.see_the_answer()
    button(chat.questions.last, "Edit").click()
    page.get_by_role("textbox", name="Edited text").fill("What is a graph?")
    page.get_by_role("article").get_by_role("button", name="Send").click()
    expect(chat.questions.last).to_contain_text("What is a graph?")
    chat.see_the_answer()
    button(chat.questions.last, "Previous version").click()
    expect(chat.questions.last).to_contain_text("What is a tree?")

    button(chat.answers.last, "More").click()
    chat.answers.last.get_by_role("link", name="All actions").click()
    page.get_by_role("combobox", name="Try again with").select_option(label="Llama 3 8B Instruct")
    page.get_by_role("button", name="Ask").click()
    expect(versions_of(chat.answers.last)).to_contain_text("2 of 2")
    button(chat.questions.last, "More").click()
    chat.questions.last.get_by_role("link", name="All actions").click()
    page.get_by_role("link", name="Delete from here").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(chat.questions).to_have_text(["What is a graph?"])
