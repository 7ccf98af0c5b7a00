"""What was typed is there again: after a reload, on another device, and for whoever has to sign in again meanwhile."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect
from pytest_playwright import CreateContextCallback

from tests.browser.accessibility import problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, sign_in, sign_in_at_once

NARROW: ViewportSize = {"width": 390, "height": 800}
SIGNED_OUT = "You have been signed out. What you write is kept here."


def write(chat: Chat, text: str) -> None:
    """Type it, and wait until the server has it."""
    with chat.page.expect_response("**/draft/") as saving:
        chat.box.fill(text)
    assert saving.value.ok


def sign_out(context: BrowserContext) -> None:
    context.clear_cookies(name="sessionid")


def mark(page: Page) -> None:
    """So that it can be told from a page that was loaded again."""
    page.evaluate("document.body.dataset.mark = 'same page'")


def expect_same(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-mark", "same page")


def test_draft_of_a_new_chat_goes_on_on_another_device_and_is_gone_once_sent(
    chat: Chat, person: Person, new_context: CreateContextCallback, base_url: str
) -> None:
    write(chat, "Begun at my desk,")
    chat.page.reload()
    expect(chat.box).to_have_value("Begun at my desk,")
    phone = new_context(viewport=NARROW)
    sign_in_at_once(phone, person, base_url)
    there = Chat(phone.new_page()).open("/")
    expect(there.box).to_have_value("Begun at my desk,")
    write(there, "Begun at my desk, ended in the train")
    expect(chat.box).to_have_value("Begun at my desk,")
    there.box.press("Enter")
    there.expect_last("completed", question="Begun at my desk, ended in the train")
    write(there, "And in this chat")
    for page in (there, chat):
        page.open("/")
        expect(page.box).to_have_value("")
    chat.conversations.get_by_role("link", name="Begun at my desk").click()
    expect(chat.box).to_have_value("And in this chat")


def test_what_never_reached_the_server_is_kept_by_the_browser(chat: Chat, context: BrowserContext) -> None:
    write(chat, "Saved")
    context.set_offline(True)
    chat.box.fill("Saved, and more in the tunnel")
    chat.page.goto("about:blank")  # a page that is closed would be online for its last moment
    context.set_offline(False)
    with chat.page.expect_response("**/draft/"):
        chat.open("/")
    expect(chat.box).to_have_value("Saved, and more in the tunnel")
    assert chat.page.evaluate("Object.keys(localStorage)") == []


@pytest.mark.parametrize("size", [None, NARROW], ids=["wide", "narrow"])
def test_who_was_signed_out_signs_in_without_leaving_and_the_message_goes(
    chat: Chat, context: BrowserContext, person: Person, backstage: Backstage, size: ViewportSize | None
) -> None:
    page = chat.page
    if size:
        page.set_viewport_size(size)
    mark(page)
    sign_out(context)
    chat.box.fill("Written before the end")
    expect(page.get_by_text(SIGNED_OUT)).to_be_visible()
    chat.box.press("Enter")
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog.get_by_role("textbox", name="Email")).to_have_value(person.email)
    assert problems_of(page) == []
    dialog.get_by_role("textbox", name="Password").fill("not my password")
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    assert backstage.questions_of(person) == []
    sign_in(page, person)
    chat.expect_last("completed", question="Written before the end")
    expect(dialog).to_be_hidden()
    expect(chat.box).to_have_value("")
    expect_same(page)
    assert backstage.questions_of(person) == ["Written before the end"]
    write(chat, "The token is the new one")


def test_somebody_else_who_signs_in_there_does_not_get_the_text(
    chat: Chat, context: BrowserContext, person: Person, backstage: Backstage
) -> None:
    other = backstage.new_person("Bob")
    write(chat, "For my eyes")
    sign_out(context)
    chat.box.fill("For my eyes only")
    chat.box.press("Enter")
    dialog = chat.page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_be_visible()
    sign_in(chat.page, other)
    expect(dialog).to_be_hidden()
    expect(chat.conversations).to_have_text(["No conversations yet."])
    expect(chat.box).to_have_value("")
    assert backstage.questions_of(other) == backstage.questions_of(person) == []
    sign_out(context)
    chat.open("/")
    sign_in(chat.page, person)
    expect(chat.box).to_have_value("For my eyes only")


def test_who_signs_in_in_another_tab_goes_on_here(chat: Chat, context: BrowserContext, person: Person) -> None:
    chat.ask_and_wait("Hello")
    mark(chat.page)
    sign_out(context)
    chat.ask("By the other door")
    dialog = chat.page.get_by_role("dialog", name="Sign in again")
    with context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in another way").click()
    sign_in(opened.value, person)
    expect(opened.value.get_by_role("heading", name="You are signed in")).to_be_visible()
    # Unless the page has found out by itself, which it does when it saves a draft.
    chat.page.evaluate("document.querySelector('dialog[open] [data-sign-in]')?.click()")
    chat.expect_last("completed", question="By the other door")
    expect_same(chat.page)


def test_a_page_from_before_signing_in_again_still_sends(chat: Chat, context: BrowserContext, person: Person) -> None:
    """Its token is out of date then."""
    mark(chat.page)
    sign_out(context)
    elsewhere = Chat(context.new_page()).open("/")
    sign_in(elsewhere.page, person)
    expect(elsewhere.page).to_have_url(re.compile("/$"))
    expect(elsewhere.box).to_be_visible()
    chat.ask("From the old page")
    chat.expect_last("completed", question="From the old page")
    expect_same(chat.page)
