"""Saved prompts: made on their page, and inserted at a "/" in the message box, by keyboard and by finger."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import NARROW, WIDE, problems_now, problems_of
from tests.browser.chat import Chat

PROMPTS = "/settings/prompts/"
TEXTS = {
    "Weekly report": "Write a report on {{topic}} in a {{tone=friendly}} tone.",
    "Shorten": "Shorten this:",
    "Show me": "Show me how {{topic}} works. {{topic}}!",
}


def make_prompts(page: Page) -> None:
    page.goto(PROMPTS)
    for name, text in TEXTS.items():
        page.get_by_text("New prompt").click()
        page.get_by_role("textbox", name="Name").fill(name)
        page.get_by_role("textbox", name="Text", exact=True).fill(text)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_a_slash_offers_them_and_inserts_the_chosen_one(chat: Chat) -> None:
    page = chat.page
    make_prompts(page)
    assert problems_of(page) == []
    chat.open("/")
    options = page.get_by_role("listbox", name="Saved prompts").get_by_role("option")

    chat.box.press_sequentially("Please: /sho")
    expect(options).to_have_text([re.compile(r"^\s*Shorten"), re.compile(r"^\s*Show me")])
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert problems_now(page) == []
    chat.box.press("ArrowDown")
    expect(options.last).to_have_attribute("aria-selected", "true")
    active = options.last.get_attribute("id")
    expect(chat.box).to_have_attribute("aria-activedescendant", active or "")
    chat.box.press("ArrowDown")
    chat.box.press("Enter")
    expect(chat.box).to_have_value("Please: Shorten this:")
    expect(chat.box).to_be_focused()
    expect(options).to_have_count(0)

    chat.box.fill("either/or")
    expect(options).to_have_count(0)
    chat.box.press_sequentially(" and a /wee")
    expect(options).to_have_count(1)
    chat.box.press("Escape")
    expect(options).to_have_count(0)
    chat.box.press_sequentially("k")
    expect(options).to_have_count(0)
    expect(chat.box).to_have_value("either/or and a /week")
    expect(chat.questions).to_have_count(0)

    page.set_viewport_size(NARROW)
    chat.box.fill("")
    page.get_by_role("link", name="Saved prompts").click()
    expect(options).to_have_count(3)
    assert problems_now(page) == []
    options.filter(has_text="Weekly").click()
    dialog = page.get_by_role("dialog", name="Weekly report")
    expect(dialog.get_by_role("textbox", name="tone")).to_have_value("friendly")
    assert problems_now(page) == []
    dialog.get_by_role("textbox", name="topic").fill("tea")
    dialog.get_by_role("button", name="Insert").click()
    expect(chat.box).to_have_value("Write a report on tea in a friendly tone.")
    expect(chat.box).to_be_focused()
    page.set_viewport_size(WIDE)
    chat.box.press("Enter")
    chat.expect_last("completed", question="Write a report on tea in a friendly tone.")


def test_opened_with_a_prompt_the_box_has_what_was_typed_and_the_prompt(chat: Chat) -> None:
    page = chat.page
    make_prompts(page)
    page.route("**/draft/", lambda route: route.abort())
    chat.open("/").box.fill("Typed on a bad line")
    page.goto(PROMPTS)
    page.get_by_role("listitem").filter(has_text="Shorten this:").get_by_role("link", name="Use").click()
    expect(chat.box).to_have_value("Typed on a bad line\n\nShorten this:")


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_a_script_a_link_leads_to_a_new_chat_with_it(chat: Chat) -> None:
    page = chat.page
    make_prompts(page)
    page.get_by_role("searchbox", name="Search", exact=True).fill("show")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="Weekly report")).to_have_count(0)
    page.get_by_role("link", name="Use").click()
    page.get_by_role("textbox", name="topic").fill("a compiler")
    page.get_by_role("button", name="Insert").click()
    expect(chat.box).to_have_value("Show me how a compiler works. a compiler!")
    chat.send.click()
    chat.see_the_answer()
    expect(chat.questions.last).to_contain_text("Show me how a compiler works. a compiler!")
