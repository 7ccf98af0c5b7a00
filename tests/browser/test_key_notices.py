"""A key that runs low is told of on every page, until it is put away by the keyboard or with a click."""

from playwright.sync_api import expect

from tests.browser.accessibility import problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat
from tests.sandbox.running import RunningSandbox


def test_a_low_key_is_told_of_until_it_is_put_away(
    chat: Chat, person: Person, sandbox: RunningSandbox, backstage: Backstage
) -> None:
    sandbox.set_account(person.key, credits="0.5")
    page = chat.page
    page.goto("/settings/keys/")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("listitem").filter(has_text="Sandbox")).to_contain_text("0.5 credits")
    backstage.tell_of_keys()
    page.goto("/")
    notice = page.get_by_role("note", name="few credits left")
    expect(notice).to_contain_text("has 0.5 credits left, which is below 1.00.")
    assert problems_of(page) == []
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    button = notice.get_by_role("button", name="Dismiss for today")
    button.focus()
    page.keyboard.press("Enter")
    expect(notice).to_have_count(0)
    page.goto("/settings/")
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    expect(notice).to_have_count(0)
