"""The ways between the settings pages are the same on each of them, work by keyboard, and fit a phone."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import NARROW, problems_of
from tests.browser.chat import Chat
from tests.browser.test_keyboard import go_to

PAGES = {
    "Profile": "/settings/",
    "Presets": "/settings/presets/",
    "Prompts": "/settings/prompts/",
    "API keys": "/settings/keys/",
    "Usage": "/settings/usage/",
    "Links": "/settings/shares/",
    "Security": "/settings/security/",
}


def ways(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Settings").get_by_role("link")


def current(page: Page) -> list[str]:
    return page.locator(".settings-navigation [aria-current=page]").all_inner_texts()


def test_they_are_the_same_on_every_page_and_say_where_one_is(chat: Chat) -> None:
    for name, path in PAGES.items():
        page = chat.open(path).page
        expect(ways(page)).to_have_text(list(PAGES))
        assert [way.get_attribute("href") for way in ways(page).all()] == list(PAGES.values())
        assert current(page) == [name]
    chat.page.goto("/settings/keys/")
    chat.page.get_by_role("link", name="Change").first.click()
    expect(ways(chat.page)).to_have_text(list(PAGES))
    assert current(chat.page) == []
    assert problems_of(chat.page) == []


def test_they_work_by_keyboard(chat: Chat) -> None:
    page = chat.open("/settings/").page
    for name, path in list(PAGES.items())[1:]:
        go_to(ways(page).filter(has_text=name), "Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{path}")


def test_nothing_on_the_pages_is_wider_than_a_phone(chat: Chat) -> None:
    chat.page.set_viewport_size(NARROW)
    overflow = {}
    for path in PAGES.values():
        chat.open(path)
        overflow[path] = [
            place.evaluate("(place) => place.scrollWidth - place.clientWidth")
            for place in (chat.page.locator("html"), chat.page.get_by_role("main"))
        ]
    assert overflow == {path: [0, 0] for path in PAGES.values()}
