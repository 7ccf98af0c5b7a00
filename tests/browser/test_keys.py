"""Own API keys: added, checked, removed; the value is never shown again."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import problems_of
from tests.browser.backstage import Person
from tests.browser.chat import Chat
from tests.sandbox.running import RunningSandbox


@pytest.fixture
def keys(chat: Chat) -> Page:
    """The person's keys page; the key for the sandbox is there."""
    chat.open("/settings/keys/")
    return chat.page


def key_called(page: Page, label: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=label, exact=True))


def add_key(page: Page, label: str, value: str) -> None:
    page.get_by_role("button", name="Add key").click()
    page.get_by_role("textbox", name="Label").fill(label)
    page.get_by_role("textbox", name="API key").fill(value)
    page.get_by_role("button", name="Save key").click()


def test_key_is_added_checked_and_removed_and_its_value_never_seen(
    keys: Page, person: Person, sandbox: RunningSandbox
) -> None:
    value = sandbox.new_key()
    pages: list[str] = []
    keys.on("response", lambda response: pages.append(response.text()) if "/settings/" in response.url else None)

    add_key(keys, "Mine", value)
    expect(keys.get_by_text("“Mine” works.")).to_be_visible()
    expect(key_called(keys, "Mine")).to_contain_text("25.00 credits")

    sandbox.set_account(value, credits="3.5")
    key_called(keys, "Mine").get_by_role("button", name="Check").click()
    expect(key_called(keys, "Mine")).to_contain_text("3.50 credits")
    keys.reload()

    dialog = keys.get_by_role("dialog", name="Remove “Mine”?")
    key_called(keys, "Mine").get_by_role("button", name="Remove").click()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(key_called(keys, "Mine")).to_be_visible()
    key_called(keys, "Mine").get_by_role("button", name="Remove").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(keys.get_by_text("“Mine” is removed.")).to_be_visible()
    expect(key_called(keys, "Mine")).to_have_count(0)

    assert len(pages) >= 4
    for secret in (value, person.key):
        assert secret not in "".join(pages)
        assert secret.removeprefix("SG_") not in "".join(pages)


def test_key_that_segmind_refuses_says_so(keys: Page) -> None:
    add_key(keys, "Wrong", "SG_0123456789abcdef")
    expect(keys.get_by_text("“Wrong” was refused.")).to_be_visible()
    expect(key_called(keys, "Wrong")).to_contain_text("Last error: Unauthorized.")


def test_mistake_in_the_form_is_explained_beside_the_field(keys: Page, person: Person) -> None:
    add_key(keys, "Twice", person.key)
    expect(keys.get_by_role("textbox", name="API key")).to_be_focused()
    expect(keys.get_by_role("textbox", name="API key")).to_have_value("")
    expect(keys.get_by_text("You have this key already.")).to_be_visible()
    expect(keys.get_by_role("textbox", name="Label")).to_have_value("Twice")
    assert problems_of(keys) == []
