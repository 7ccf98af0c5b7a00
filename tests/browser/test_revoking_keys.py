"""An administrator revokes a key by the keyboard: asked once, on a page that is clean under axe and fits a phone."""

from playwright.sync_api import Page, expect

from tests.browser.accessibility import problems_of
from tests.browser.test_admin_pages import STICKS_OUT


def test_a_key_is_revoked_from_the_list(admin: Page) -> None:
    admin.goto("/admin/accounts/apikey/")
    admin.get_by_role("checkbox").nth(1).press("Space")
    admin.get_by_role("combobox", name="Action").select_option(
        label="Revoke the selected keys: destroy their values for good"
    )
    admin.get_by_role("button", name="Run").press("Enter")
    expect(admin.get_by_role("heading", name="Revoke keys")).to_be_visible()
    assert problems_of(admin) == []
    assert admin.evaluate(STICKS_OUT) == 0
    admin.get_by_role("button", name="Revoke").press("Enter")
    expect(admin.get_by_text("1 key is revoked.")).to_be_visible()
    expect(admin.get_by_role("cell", name="revoked", exact=True).first).to_be_visible()
