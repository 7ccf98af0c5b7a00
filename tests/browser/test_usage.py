"""Where the money goes, as a person and as an administrator see it."""

from playwright.sync_api import Page, expect

from tests.browser.accessibility import NARROW, problems_of
from tests.browser.backstage import Person
from tests.browser.chat import Chat


def test_own_usage_is_drawn_and_told(chat: Chat, person: Person) -> None:
    chat.ask_and_wait("hello")
    chat.page.goto("/settings/usage/")
    expect(chat.page.get_by_role("img", name="Credits over time")).to_be_visible()
    table = chat.page.get_by_role("table").first
    expect(table.get_by_role("row")).to_have_count(31)
    chat.page.get_by_label("By", exact=True).select_option("Conversation")
    chat.page.get_by_role("button", name="Show").click()
    expect(chat.page.get_by_role("rowheader", name="hello")).to_be_visible()
    assert problems_of(chat.page) == []
    chat.page.set_viewport_size(NARROW)
    assert chat.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_dashboard_of_an_administrator(admin: Page) -> None:
    admin.goto("/admin/chat/usageday/")
    expect(admin.get_by_role("img", name="Credits over time")).to_be_visible()
    admin.get_by_label("By", exact=True).select_option("Model")
    admin.get_by_role("combobox", name="Over time").select_option("by week")
    admin.get_by_role("button", name="Show").click()
    with admin.expect_download() as download:
        admin.get_by_role("link", name="FOCUS for finance tools").click()
    assert download.value.suggested_filename == "focus-1.4.csv"
    admin.get_by_role("link", name="Balances").click()
    expect(admin.get_by_role("heading", name="Usage")).to_be_visible()
