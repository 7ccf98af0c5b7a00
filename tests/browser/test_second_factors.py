"""Authenticator app, passkey, recovery codes: set up by hand, and used to sign in."""

import re
import time
from urllib.parse import urljoin

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.accessibility import problems_of
from tests.browser.backstage import Person
from tests.browser.chat import sign_in, sign_in_at_once
from tests.browser.passkeys import as_localhost, plug_in


@pytest.fixture
def security(page: Page, context: BrowserContext, person: Person, base_url: str) -> Page:
    """The security settings of `person`, who has just signed in."""
    sign_in_at_once(context, person, as_localhost(base_url))
    page.goto(as_localhost(f"{base_url}/settings/"))
    page.get_by_role("link", name="Manage how you sign in").click()
    expect(page.get_by_role("heading", name="Security")).to_be_visible()
    return page


def go_to(page: Page, path: str) -> None:
    """By the name of the site that the page has now: a bare path would lead to the one without passkeys."""
    page.goto(urljoin(page.url, path))


def code_of(secret: str, *, later: int = 0) -> str:
    """What the app shows, or will show so many half minutes later. Each code works once."""
    code: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))
    return code


def set_up_app(page: Page) -> str:
    """The secret, when the page with the recovery codes is reached."""
    page.get_by_role("link", name="Set up an authenticator app").click()
    secret = page.get_by_role("textbox", name="Secret").input_value()
    assert problems_of(page) == []
    page.get_by_role("textbox", name="Code").fill(code_of(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return secret


def sign_out(page: Page) -> None:
    go_to(page, "/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_code_of_an_authenticator_app_is_asked_for_after_the_password(security: Page, person: Person) -> None:
    secret = set_up_app(security)
    sign_out(security)

    sign_in(security, person)
    expect(security.get_by_role("textbox", name="Code")).to_be_focused()
    assert problems_of(security) == []
    security.keyboard.type("000000")
    security.keyboard.press("Enter")
    expect(security.get_by_text("Incorrect code.")).to_be_visible()
    security.get_by_role("textbox", name="Code").fill(code_of(secret))
    security.keyboard.press("Enter")
    expect(security.get_by_role("textbox", name="Message")).to_be_focused()

    go_to(security, "/settings/security/")
    expect(security.get_by_text("On: after the password you are asked for its code.")).to_be_visible()
    security.get_by_role("link", name="Turn off").click()
    security.get_by_role("button", name="Turn off").click()
    expect(security.get_by_role("link", name="Set up an authenticator app")).to_be_visible()


def test_recovery_code_lets_in_once(security: Page, person: Person) -> None:
    set_up_app(security)
    codes = security.get_by_role("list", name="Unused codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    assert problems_of(security) == []
    first = codes.first.inner_text()

    sign_out(security)
    sign_in(security, person)
    security.get_by_role("textbox", name="Code").fill(first)
    security.keyboard.press("Enter")
    expect(security.get_by_role("textbox", name="Message")).to_be_visible()
    go_to(security, "/settings/security/")
    expect(security.get_by_text("9 codes are left")).to_be_visible()

    sign_out(security)
    sign_in(security, person)
    security.get_by_role("textbox", name="Code").fill(first)
    security.keyboard.press("Enter")
    expect(security.get_by_text("Incorrect code.")).to_be_visible()


def test_passkey_signs_in_alone(security: Page, person: Person) -> None:
    plug_in(security)
    security.get_by_role("link", name="Add a passkey").click()
    assert problems_of(security) == []
    security.get_by_role("textbox", name="Name").fill("My laptop")
    security.keyboard.press("Enter")
    expect(security.get_by_role("heading", name="Recovery codes")).to_be_visible()

    sign_out(security)
    assert problems_of(security) == []
    security.get_by_role("button", name="Use a passkey").click()
    expect(security.get_by_role("textbox", name="Message")).to_be_visible()

    go_to(security, "/settings/security/")
    assert problems_of(security) == []
    security.get_by_role("link", name="Manage passkeys").click()
    expect(security.get_by_role("heading", name="My laptop")).to_be_visible()
    expect(security.get_by_text("Signs in alone.")).to_be_visible()
    assert problems_of(security) == []
    security.get_by_role("link", name="Rename").click()
    security.get_by_role("textbox", name="Name").fill("Old laptop")
    security.keyboard.press("Enter")
    expect(security.get_by_role("heading", name="Old laptop")).to_be_visible()
    security.get_by_role("link", name="Remove").click()
    assert problems_of(security) == []
    security.get_by_role("button", name="Remove").click()
    expect(security.get_by_text("There is no passkey yet.")).to_be_visible()


def test_passkey_is_the_step_after_the_password(security: Page, person: Person) -> None:
    plug_in(security)
    security.get_by_role("link", name="Add a passkey").click()
    security.get_by_role("checkbox", name="Sign in with it alone").uncheck()
    security.get_by_role("button", name="Add passkey").click()
    expect(security.get_by_role("heading", name="Recovery codes")).to_be_visible()

    sign_out(security)
    sign_in(security, person)
    expect(security.get_by_role("heading", name="Second step")).to_be_visible()
    assert problems_of(security) == []
    security.get_by_role("button", name="Use a passkey").click()
    expect(security.get_by_role("textbox", name="Message")).to_be_visible()


def test_without_a_passkey_in_the_browser_the_page_says_so_and_the_password_is_still_there(
    page: Page, person: Person, base_url: str
) -> None:
    page.goto(as_localhost(base_url))
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no')) }")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("No passkey was given.")).to_be_visible()
    assert problems_of(page) == []
    sign_in(page, person)
    expect(page).to_have_url(re.compile("/$"))
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
