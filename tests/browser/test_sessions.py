"""Where a person is signed in, and out again; and who they are, asked once more."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_playwright import CreateContextCallback

from tests.browser.accessibility import problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, sign_in, sign_in_at_once


@pytest.fixture
def new_browser(new_context: CreateContextCallback, person: Person) -> Callable[[], Chat]:
    """Another browser, in which the same person signs in."""

    def open_and_sign_in() -> Chat:
        chat = Chat(new_context().new_page()).open("/")
        sign_in(chat.page, person)
        expect(chat.box).to_be_visible()
        return chat

    return open_and_sign_in


def test_session_ended_elsewhere_asks_to_sign_in_and_the_text_is_still_there(
    new_browser: Callable[[], Chat], person: Person, backstage: Backstage
) -> None:
    elsewhere, chat = new_browser(), new_browser()
    elsewhere.box.fill("Written while it ended")
    chat.open("/settings/security/")
    chat.page.get_by_role("link", name="Show the sessions").click()
    expect(chat.page.get_by_role("heading", name="Chrome, Linux")).to_have_count(2)
    assert problems_of(chat.page) == []
    chat.page.get_by_role("button", name="Sign out everywhere else").click()
    expect(chat.page.get_by_text("You are signed out everywhere else.")).to_be_visible()
    expect(chat.page.get_by_role("heading", name="Chrome, Linux")).to_have_count(1)

    elsewhere.box.press("Enter")
    expect(elsewhere.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert backstage.questions_of(person) == []
    sign_in(elsewhere.page, person)
    expect(elsewhere.box).to_have_value("Written while it ended")
    elsewhere.box.press("Enter")
    elsewhere.expect_last("completed", question="Written while it ended")
    assert backstage.questions_of(person) == ["Written while it ended"]
    chat.open("/")
    expect(chat.box).to_be_visible()


def test_changing_the_password_signs_out_everywhere_else(new_browser: Callable[[], Chat], person: Person) -> None:
    elsewhere, chat = new_browser(), new_browser()
    chat.open("/accounts/password/change/")
    for label, text in {
        "Current Password": person.password,
        "New Password": "another battery staple",
        "New Password (again)": "another battery staple",
    }.items():
        chat.page.get_by_role("textbox", name=label, exact=True).fill(text)
    chat.page.get_by_role("button", name="Change Password").click()
    expect(chat.page.get_by_role("heading", name="Security")).to_be_visible()
    elsewhere.open("/settings/")
    expect(elsewhere.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_after_a_while_the_keys_ask_again_who_it_is_and_go_on(
    page: Page, context: BrowserContext, person: Person, backstage: Backstage, base_url: str
) -> None:
    sign_in_at_once(context, replace(person, session=backstage.old_session_of(person)), base_url)
    page.goto("/settings/keys/")
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    expect(page.get_by_role("textbox", name="Password")).to_be_focused()
    assert problems_of(page) == []
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Incorrect password.")).to_be_visible()
    page.get_by_role("textbox", name="Password").fill(person.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Add key")).to_be_visible()
