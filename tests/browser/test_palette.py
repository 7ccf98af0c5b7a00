"""The palette and the keys: by keyboard in a wide window, by finger on a narrow one."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import NARROW, problems_now
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat


@pytest.fixture
def talks(chat: Chat, person: Person, backstage: Backstage) -> Chat:
    for title in ("Grey cats", "Green tea"):
        backstage.new_conversation(person, title=title)
    chat.open("/")
    await_scripts(chat)
    return chat


def await_scripts(chat: Chat) -> None:
    """A key that comes before them does nothing."""
    chat.page.wait_for_function(
        "document.readyState === 'complete' && customElements.get('command-palette') !== undefined"
    )
    expect(chat.box).to_be_focused()


def chosen(page: Page) -> str:
    """The choice that a screen reader hears, and Enter takes."""
    box = page.get_by_role("combobox", name="Go to")
    active = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
    expect(active).to_have_attribute("aria-selected", "true")
    return active.inner_text().strip()


def test_a_conversation_a_model_and_an_action_by_keyboard(talks: Chat) -> None:
    page, keyboard = talks.page, talks.page.keyboard
    box, dialog = page.get_by_role("combobox", name="Go to"), page.get_by_role("dialog", name="Go to")
    keyboard.press("Control+k")
    expect(box).to_be_focused()
    expect(page.get_by_role("option", name="Green tea")).to_be_visible()
    assert problems_now(page) == []
    assert chosen(page) == "Green tea"
    keyboard.press("ArrowDown")
    assert chosen(page) == "Grey cats"
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Grey cats")).to_be_visible()
    await_scripts(talks)

    keyboard.press("Control+k")
    expect(box).to_be_focused()
    keyboard.type("llama 3 8b")
    expect(dialog.locator("[aria-selected=true]")).to_contain_text("Llama 3 8B")
    keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(talks.model).to_have_value("llama-v3-8b-instruct")
    expect(talks.box).to_be_focused()

    keyboard.press("Control+k")
    expect(box).to_be_focused()
    keyboard.type("nothing like this")
    expect(page.get_by_text("Nothing has that in its name.")).to_be_visible()
    assert problems_now(page) == []
    keyboard.press("Escape")
    expect(talks.box).to_be_focused()
    keyboard.press("Control+k")
    expect(box).to_be_focused()
    keyboard.type("theme: dark")
    expect(dialog.locator("[aria-selected=true]")).to_contain_text("dark", ignore_case=True)
    keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_on_a_phone_buttons_open_them(talks: Chat) -> None:
    page = talks.page
    page.set_viewport_size(NARROW)
    page.get_by_role("button", name="Side bar").click()
    page.get_by_role("button", name="Go to…").click()
    page.get_by_role("combobox", name="Go to").fill("grey")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_text(["Grey cats"])
    assert problems_now(page) == []
    page.get_by_role("option", name="Grey cats").click()
    expect(page.get_by_role("heading", name="Grey cats")).to_be_visible()
    page.get_by_role("button", name="Side bar").click()
    page.get_by_role("link", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts").get_by_text("New line in the message")).to_be_visible()
    assert problems_now(page) == []


def test_single_keys_outside_of_text_boxes_alone_and_only_as_long_as_they_are_wanted(talks: Chat) -> None:
    page, keyboard = talks.page, talks.page.keyboard
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    keyboard.type("?n")
    expect(talks.box).to_have_value("?n")
    expect(dialog).to_be_hidden()
    talks.box.fill("")
    talks.box.blur()
    keyboard.press("j")
    expect(page.get_by_role("heading", name="Green tea")).to_be_visible()
    await_scripts(talks)
    talks.box.blur()
    keyboard.press("o")
    expect(page.get_by_role("button", name="Pin")).to_be_visible()
    keyboard.press("Escape")
    keyboard.press("m")
    expect(talks.box).to_be_focused()
    expect(talks.box).to_have_value("")
    talks.box.blur()
    keyboard.press("?")
    expect(dialog.get_by_text("New chat")).to_be_visible()
    dialog.get_by_role("link", name="Change that").click()
    page.get_by_role("checkbox", name="Shortcuts of a single key").uncheck()
    page.get_by_role("button", name="Save the keyboard").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    keyboard.press("?")
    keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    expect(dialog).to_be_hidden()
