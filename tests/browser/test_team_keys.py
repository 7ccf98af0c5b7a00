"""A team's key, from the administrator who adds it to the member for whom it pays; the default; the choice."""

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_playwright import CreateContextCallback

from tests.browser.accessibility import NARROW, problems_now, problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, sign_in
from tests.browser.test_keys import add_key, key_called
from tests.sandbox.running import RunningSandbox

ADMINISTRATOR = Person(name="Ada", email="ada@example.com", session="", key="")


@pytest.fixture
def admin(new_context: CreateContextCallback, backstage: Backstage) -> Page:
    """The one who set the site up, on the list of all keys."""
    page = new_context().new_page()
    page.goto("/accounts/login/")
    sign_in(page, ADMINISTRATOR)
    page.get_by_role("textbox", name="Message").wait_for()
    page.goto("/admin/accounts/apikey/")
    return page


@pytest.fixture
def team_key(admin: Page, person: Person, sandbox: RunningSandbox) -> Iterator[tuple[str, str]]:
    """Label and value of a key that the administrator has added and granted to this person; revoked afterwards."""
    label, value = f"Team {uuid.uuid4().hex[:8]}", sandbox.new_key()
    admin.get_by_role("link", name="Add API key").click()
    admin.get_by_label("Label:").fill(label)
    admin.get_by_label("API key:").fill(value)
    admin.locator(".field-granted_people .select2-selection").click()
    admin.locator("#apikey_form").get_by_role("searchbox").fill(person.email)
    # Others have the same name: wait until the search has found the one.
    found = admin.get_by_role("option", name=person.name)
    expect(found).to_have_count(1)
    found.click()
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_text(f"{label}: works.")).to_be_visible()
    assert value not in admin.content()
    yield label, value
    admin.goto("/admin/accounts/apikey/")
    admin.get_by_role("link", name=label).click()
    admin.locator(".deletelink").click()
    admin.get_by_role("button", name="Yes, I").click()
    expect(admin.get_by_role("link", name=label)).to_have_count(0)


def test_a_team_key_pays_for_a_member_who_has_none(
    chat: Chat, team_key: tuple[str, str], admin: Page, sandbox: RunningSandbox
) -> None:
    label, value = team_key
    page = chat.open("/settings/keys/").page
    expect(page.get_by_role("region", name="Keys of your team")).to_contain_text(label)
    key_called(page, "Sandbox").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("your team pays")).to_be_visible()
    expect(chat.open("/").ask_and_wait("Who pays for this?")).to_contain_text(f"paid by {label}")
    assert sandbox.account(value)["billed"] == 1
    admin.goto("/admin/accounts/apikey/")
    row = admin.get_by_role("row").filter(has_text=label)
    expect(row.locator(".field-people")).to_have_text("1")
    expect(row.locator(".field-holder")).to_have_text("the team")
    row.get_by_role("link", name=label).click()
    expect(admin.locator(".field-used_by")).to_contain_text("Alice")
    assert value not in admin.content()


def test_a_conversation_has_its_own_choice_of_who_pays(
    chat: Chat, team_key: tuple[str, str], person: Person, sandbox: RunningSandbox
) -> None:
    label, value = team_key
    chat.open("/").ask_and_wait("As usual")
    chat.settings.click()
    choice = chat.page.get_by_role("combobox", name="Paid by")
    expect(choice.locator("option")).to_have_text(["As usual", "Sandbox", label])
    assert problems_of(chat.page) == []
    choice.focus()
    choice.select_option(label=label)
    chat.page.keyboard.press("Escape")
    expect(chat.ask_and_wait("By the team")).to_contain_text(f"paid by {label}")
    chat.page.reload()
    expect(chat.ask_and_wait("Again by the team")).to_contain_text(f"paid by {label}")
    chat.open("/").ask_and_wait("Elsewhere")
    assert (sandbox.account(person.key)["billed"], sandbox.account(value)["billed"]) == (2, 2)


def test_the_default_is_chosen_and_a_key_changed_by_keyboard(
    chat: Chat, person: Person, sandbox: RunningSandbox
) -> None:
    page = chat.open("/settings/keys/").page
    add_key(page, "Second", sandbox.new_key())
    expect(key_called(page, "Second")).to_contain_text("default")
    key_called(page, "Sandbox").get_by_role("button", name="Make default").press("Enter")
    expect(page.get_by_text("“Sandbox” pays by default from now on.")).to_be_visible()
    assert problems_of(page) == []
    key_called(page, "Second").get_by_role("link", name="Change").press("Enter")
    page.get_by_role("spinbutton", name="Messages per minute").fill("5")
    page.get_by_role("spinbutton", name="Warn below").fill("30")
    assert problems_of(page) == []
    page.get_by_role("spinbutton", name="Warn below").press("Enter")
    expect(key_called(page, "Second")).to_contain_text("5 messages per minute at most.")
    expect(key_called(page, "Second")).to_contain_text("Fewer than 30.00 credits are left.")
    page.set_viewport_size(NARROW)
    assert problems_now(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    expect(chat.open("/").ask_and_wait("Who pays?")).to_contain_text("paid by Sandbox")
