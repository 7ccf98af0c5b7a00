"""The whole way with the keyboard alone."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.backstage import Person
from tests.browser.chat import Chat

MOST_STEPS = 40


def test_sign_in_ask_and_delete_without_a_mouse(page: Page, person: Person) -> None:
    chat = Chat(page).open("/")
    keyboard = page.keyboard
    expect(page.get_by_role("textbox", name="Email")).to_be_focused()
    keyboard.type(person.email)
    keyboard.press("Tab")
    keyboard.type(person.password)
    keyboard.press("Enter")

    expect(chat.box).to_be_focused()
    keyboard.type("By hand")
    keyboard.press("Enter")
    chat.expect_last("completed", question="By hand")
    expect(chat.box).to_be_focused()

    delete = page.get_by_role("button", name="Delete")
    go_to(chat.menu, "Shift+Tab")
    keyboard.press("Enter")
    go_to(delete, "Tab")
    keyboard.press("Escape")
    expect(delete).to_be_hidden()
    expect(chat.menu).to_be_focused()

    keyboard.press("Enter")
    go_to(delete, "Tab")
    keyboard.press("Enter")
    expect(chat.conversations).to_have_text(["No conversations yet."])
    expect(chat.box).to_be_focused()


def go_to(target: Locator, key: str) -> None:
    """Press the key until the target has the focus, and see that it shows."""
    for _ in range(MOST_STEPS):
        target.page.keyboard.press(key)
        if target.evaluate("(element) => element === document.activeElement"):
            break
    expect(target).to_be_focused()
    assert target.evaluate("(element) => getComputedStyle(element).outlineStyle") != "none"
