"""The pages of the admin panel that Parley adds to are clean under axe, and fit a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import NARROW, WIDE, problems_of

LISTS = ("accounts/invitation", "chat/budget", "chat/budgetadjustment", "chat/budgetrequest", "chat/languagemodel")


def overflow_of(page: Page) -> int:
    """How many pixels of the page stand out of a phone's screen."""
    page.set_viewport_size(NARROW)
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.set_viewport_size(WIDE)
    return width


def invite(admin: Page) -> None:
    admin.goto("/admin/accounts/invitation/add/")
    admin.get_by_role("textbox", name="Email").fill("yan@example.com")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_role("textbox", name="Link for yan@example.com")).to_be_visible()


def open_invitation(admin: Page) -> None:
    admin.goto("/admin/accounts/invitation/")
    admin.get_by_role("link", name="yan@example.com").first.click()


def set_budget(admin: Page) -> None:
    admin.goto("/admin/chat/budget/add/")


def open_model(admin: Page) -> None:
    admin.goto("/admin/chat/languagemodel/")
    admin.get_by_role("link", name="Claude 3 Haiku").click()


@pytest.mark.parametrize("ways_there", [[invite], [invite, open_invitation], [set_budget], [open_model]])
def test_pages_of_one_thing(admin: Page, ways_there: list[Callable[[Page], None]]) -> None:
    for go in ways_there:
        go(admin)
    assert problems_of(admin) == []
    assert overflow_of(admin) == 0


def test_lists(admin: Page) -> None:
    invite(admin)
    for name in LISTS:
        admin.goto(f"/admin/{name}/")
        assert problems_of(admin) == [], name
        assert overflow_of(admin) == 0, name


def test_form_of_an_invitation_with_something_wrong_in_it(admin: Page) -> None:
    admin.goto("/admin/accounts/invitation/add/")
    assert problems_of(admin) == []
    admin.get_by_role("textbox", name="Email").fill("nobody at all")
    admin.locator("form").evaluate_all("(forms) => forms.forEach((form) => { form.noValidate = true })")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_text("Enter a valid email address.")).to_be_visible()
    assert problems_of(admin) == []
    assert overflow_of(admin) == 0
