"""The message box: Enter sends once, and nothing that was typed is lost."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.accessibility import problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, hold_back, next_of
from tests.sandbox.running import RunningSandbox

LINES = "First line\nSecond line"


@pytest.fixture
def on_the_way(chat: Chat) -> Iterator[list[Route]]:
    """The POSTs of the composer, held back until the test lets them go on."""
    yield hold_back(chat.page, "**/messages/")
    chat.page.unroute_all(behavior="ignoreErrors")


def test_enter_sends_and_shift_enter_breaks_the_line(chat: Chat) -> None:
    height = height_of(chat)
    chat.box.press_sequentially("First line")
    chat.box.press("Shift+Enter")
    chat.box.press_sequentially("Second line")
    expect(chat.box).to_have_value(LINES)
    assert height_of(chat) > height
    chat.box.press("Enter")
    chat.expect_last("completed", question="First line Second line")
    assert chat.questions.last.inner_text() == LINES
    assert height_of(chat) == height


def height_of(chat: Chat) -> float:
    box = chat.box.bounding_box()
    assert box
    return box["height"]


def test_empty_message_can_not_be_sent(chat: Chat, person: Person, backstage: Backstage) -> None:
    for text in ("", "   ", "\n"):
        chat.box.fill(text)
        expect(chat.send).to_be_disabled()
        chat.box.press("Enter")
    chat.box.fill("Something")
    expect(chat.send).to_be_enabled()
    chat.send.click()
    chat.expect_last("completed", question="Something")
    assert backstage.questions_of(person) == ["Something"]


def test_enter_twice_sends_once(chat: Chat, on_the_way: list[Route], person: Person, backstage: Backstage) -> None:
    chat.box.fill("Once")
    with chat.page.expect_request("**/messages/"):
        chat.box.press("Enter")
    chat.box.press("Enter")
    chat.send.click()
    next_of(chat.page, on_the_way).continue_()
    chat.expect_last("completed", question="Once")
    expect(chat.questions).to_have_text(["Once"])
    assert on_the_way == []
    assert backstage.questions_of(person) == ["Once"]


def test_what_is_typed_while_a_message_is_on_its_way_stays(chat: Chat, on_the_way: list[Route]) -> None:
    chat.box.fill("The first")
    with chat.page.expect_request("**/messages/"):
        chat.box.press("Enter")
    chat.box.press("End")
    chat.box.press_sequentially(" and the next")
    next_of(chat.page, on_the_way).continue_()
    expect(chat.questions).to_have_text(["The first"])
    expect(chat.box).to_have_value("and the next")
    expect(chat.box).to_be_focused()
    chat.box.press("Enter")
    expect(chat.questions).to_have_count(1)
    next_of(chat.page, on_the_way).continue_()
    expect(chat.questions).to_have_text(["The first", "and the next"])


def lose_an_answer(chat: Chat) -> list[Route]:
    """Ask a second time; the server hears it, but its answer doesn't arrive."""
    chat.ask_and_wait("Hello")
    on_the_way = hold_back(chat.page, "**/messages/")
    chat.box.fill("Did it arrive?")
    chat.box.press("Enter")
    lost = next_of(chat.page, on_the_way)
    lost.fetch()
    lost.abort("connectionreset")
    expect(chat.page.get_by_text("The message could not be sent: no connection to the server.")).to_be_visible()
    return on_the_way


def test_message_whose_answer_got_lost_is_sent_again_as_the_same(
    chat: Chat, person: Person, backstage: Backstage
) -> None:
    on_the_way = lose_an_answer(chat)
    expect(chat.box).to_have_value("Did it arrive?")
    chat.box.press("Enter")
    next_of(chat.page, on_the_way).continue_()
    expect(chat.box).to_have_value("")
    chat.expect_last("completed", question="Did it arrive?")
    expect(chat.questions).to_have_text(["Hello", "Did it arrive?"])
    assert backstage.questions_of(person) == ["Hello", "Did it arrive?"]


def test_after_a_reload_a_message_that_arrived_is_no_draft_but_what_was_typed_behind_it_is(chat: Chat) -> None:
    lose_an_answer(chat)
    chat.box.press("End")
    chat.box.press_sequentially(" And this?")
    chat.page.reload()
    expect(chat.questions).to_have_text(["Hello", "Did it arrive?"])
    expect(chat.box).to_have_value("And this?")


def test_offline_it_says_so_sends_nothing_and_keeps_the_text_until_it_is_online_again(
    chat: Chat, context: BrowserContext, person: Person, backstage: Backstage
) -> None:
    notice = chat.page.get_by_text("You are offline.")
    expect(notice).to_be_hidden()
    context.set_offline(True)
    expect(notice).to_be_visible()
    chat.ask("Into the void")
    expect(chat.send).to_be_disabled()
    expect(chat.box).to_have_value("Into the void")
    assert problems_of(chat.page) == []
    assert backstage.questions_of(person) == []
    context.set_offline(False)
    expect(notice).to_be_hidden()
    expect(chat.send).to_be_enabled()
    chat.box.press("Enter")
    chat.expect_last("completed", question="Into the void")


def test_up_in_an_empty_box_edits_the_last_message(chat: Chat) -> None:
    chat.ask_and_wait("Hello")
    chat.page.evaluate(
        """document.getElementById("messages").innerHTML =
            "<button data-edit>First</button><button data-edit>Last</button><button data-edit hidden>Hidden</button>"
        """
    )
    chat.page.evaluate("""addEventListener("click", ({ target }) => { target.textContent += " clicked" })""")
    chat.box.fill("Not empty")
    chat.box.press("ArrowUp")
    chat.box.fill("")
    chat.box.press("ArrowUp")
    expect(chat.page.locator("[data-edit]")).to_have_text(["First", "Last clicked", "Hidden"])


def test_without_a_working_key_the_box_says_so_keeps_the_text_and_leads_to_the_keys(
    chat: Chat, sandbox: RunningSandbox
) -> None:
    remove_key(chat.page)
    chat.open("/")
    expect(chat.box).to_have_accessible_description(re.compile("To send a message you need an API key of Segmind."))
    chat.ask("Who pays?")
    expect(chat.page.locator("#composer")).to_contain_text("To send a message you need an API key of Segmind.")
    expect(chat.box).to_have_value("Who pays?")
    expect(chat.box).to_have_attribute("aria-invalid", "true")
    assert problems_of(chat.page) == []
    chat.page.get_by_role("link", name="Add a key").click()
    expect(chat.page).to_have_url(re.compile("/settings/keys/$"))
    chat.page.get_by_role("button", name="Add key").click()
    chat.page.get_by_role("textbox", name="Label").fill("Mine")
    chat.page.get_by_role("textbox", name="API key").fill(sandbox.new_key())
    chat.page.get_by_role("button", name="Save key").click()
    expect(chat.page.get_by_text("“Mine” works.")).to_be_visible()
    chat.page.get_by_role("link", name="New chat").click()
    expect(chat.box).to_have_value("Who pays?")
    chat.box.press("Enter")
    chat.expect_last("completed", question="Who pays?")


def remove_key(page: Page) -> None:
    page.goto("/settings/keys/")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.get_by_text("There is no key yet.").wait_for()


def test_instruction_and_temperature_are_there_for_models_that_have_them(chat: Chat) -> None:
    chat.settings.click()
    chat.page.get_by_role("textbox", name="Instruction").fill("Be brief")
    chat.page.get_by_role("slider", name="Temperature").fill("0.2")
    chat.page.keyboard.press("Escape")
    answer = chat.ask_and_wait("How should you be?")
    expect(answer).to_contain_text("My instruction is “Be brief”. My temperature is 0.2.")
    chat.page.reload()
    chat.settings.click()
    expect(chat.page.get_by_role("textbox", name="Instruction")).to_have_value("Be brief")
    expect(chat.page.get_by_role("slider", name="Temperature")).to_have_value("0.2")


def test_what_was_chosen_stays_chosen_and_a_mark_on_it_goes(chat: Chat) -> None:
    chat.model.select_option(label="Llama 3 8B Instruct")
    chat.settings.click()
    chat.page.get_by_role("textbox", name="Instruction").fill("Be brief")
    chat.page.keyboard.press("Escape")
    chat.ask_and_wait("First?")
    chat.model.locator("option:checked").evaluate("(option) => { option.value = 'gone' }")
    chat.ask("Second?")
    expect(chat.page.get_by_text("This model is no longer on offer. Choose another one.")).to_be_visible()
    expect(chat.model).to_have_attribute("aria-invalid", "true")
    chat.model.select_option(label="Llama 3 8B Instruct")
    chat.box.press("Enter")
    chat.expect_last("completed", question="Second?")
    expect(chat.model).not_to_have_attribute("aria-invalid", "true")
    expect(chat.page.get_by_text("This model is no longer on offer.")).to_be_hidden()
    expect(chat.model).to_have_value("llama-v3-8b-instruct")
    answer = chat.ask_and_wait("Third?")
    expect(answer).to_contain_text("My instruction is “Be brief”.")


def test_what_a_model_has_not_is_hidden(chat: Chat) -> None:
    chat.model.select_option(label="Llama 3 8B Instruct")
    chat.settings.click()
    expect(chat.page.get_by_role("textbox", name="Instruction")).to_be_visible()
    expect(chat.page.get_by_role("slider", name="Temperature")).to_be_hidden()
    chat.page.keyboard.press("Escape")
    answer = chat.ask_and_wait("Who are you?")
    expect(answer).to_contain_text("I am llama-v3-8b-instruct, by way of v1")
    expect(chat.model).to_have_value("llama-v3-8b-instruct")
