"""Everything works without JavaScript as well: plain forms, redirects, a button that looks for the answer."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.backstage import Person
from tests.browser.chat import Chat, sign_in
from tests.sandbox.running import RunningSandbox, wait_until

pytestmark = pytest.mark.browser_context_args(java_script_enabled=False)


def test_ask_wait_and_read(page: Page, person: Person, sandbox: RunningSandbox) -> None:
    chat = Chat(page).open("/")
    sign_in(page, person)
    chat.box.fill("Patience, sandbox:hold")
    expect(chat.send).to_be_enabled()
    chat.send.click()
    expect(chat.answers.last.get_by_role("button", name="See the answer")).to_be_visible()
    expect(chat.conversations).to_have_text(["Patience, sandbox:hold"])
    # Nothing reloads the page by itself, so nothing that is typed meanwhile gets lost.
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)
    chat.box.fill("And while I wait:\n")

    def is_processing() -> bool:
        chat.answers.last.get_by_role("button", name="See the answer").click()
        return chat.answers.last.get_attribute("data-state") == "processing"

    wait_until(is_processing)
    assert sandbox.release(person.key) == 1
    chat.see_the_answer()
    expect(chat.box).to_have_value("And while I wait:\n")
    expect(chat.answers.last.get_by_role("button", name="Copy")).to_be_hidden()


def test_credit_warning_and_try_again(chat: Chat, person: Person, sandbox: RunningSandbox) -> None:
    sandbox.queue_fault("credits", key=person.key)
    chat.model.select_option(label="Llama 3 8B Instruct")
    chat.box.fill("May I?")
    chat.send.click()
    chat.see_the_answer("failed")
    expect(chat.alert).to_have_attribute("data-kind", "credits")
    chat.alert.get_by_role("button", name="Try again").click()
    chat.see_the_answer()


def test_message_with_spaces_only_comes_back_with_the_reason(chat: Chat) -> None:
    chat.box.fill("   ")
    chat.send.click()
    expect(chat.box).to_have_accessible_description("Write something first.")
    expect(chat.questions).to_have_count(0)


def test_keys_and_deletion_and_sign_out(chat: Chat, sandbox: RunningSandbox) -> None:
    page = chat.page
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Manage keys").click()
    page.get_by_role("button", name="Add key").click()
    page.get_by_role("textbox", name="Label").fill("By hand")
    page.get_by_role("textbox", name="API key").fill(sandbox.new_key())
    page.get_by_role("button", name="Save key").click()
    expect(page.get_by_text("“By hand” works.")).to_be_visible()

    page.get_by_role("link", name="New chat").click()
    chat.box.fill("Soon gone")
    chat.send.click()
    chat.see_the_answer()
    chat.menu.click()
    page.get_by_role("button", name="Delete").click()
    expect(chat.conversations).to_have_text(["No conversations yet."])
    page.get_by_role("button", name="Undo").click()
    expect(chat.questions).to_have_text(["Soon gone"])

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
