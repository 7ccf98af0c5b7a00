"""Below the box: what the message will cost, how full the memory is, and the way to start fresh; and presets."""

import re

from playwright.sync_api import expect

from tests.browser.accessibility import NARROW, WIDE, problems_now, problems_of
from tests.browser.chat import Chat

LLAMA, HAIKU = "llama-v3-8b-instruct", "claude-3-haiku"
LINE = "Started fresh: the model remembers from here on"


def test_the_gauge_follows_what_is_typed_asked_answered_and_started_fresh(chat: Chat) -> None:
    page = chat.page
    gauge = page.locator(".estimate").get_by_role("meter", name="Memory of the model", include_hidden=True)
    cost = page.get_by_role("button", name=re.compile("^About .* credits$"))
    words = page.locator(".estimate [data-memory]")
    chat.model.select_option(LLAMA)
    expect(cost).to_be_visible()
    chat.box.fill("word " * 2000)
    expect(gauge).not_to_have_attribute("value", "0")
    small = float(gauge.get_attribute("value") or 0)
    chat.model.select_option(HAIKU)
    expect(gauge).not_to_have_attribute("value", str(small))
    assert float(gauge.get_attribute("value") or 0) < small
    chat.model.select_option(LLAMA)
    chat.box.fill("word " * 20000)
    expect(words).to_have_text("Memory full")

    chat.ask_and_wait(" ".join(["word"] * 2000))
    expect(gauge).not_to_have_attribute("value", "0")
    filled = gauge.get_attribute("value") or ""
    page.reload()
    expect(gauge).to_have_attribute("value", filled)
    assert problems_of(page) == []

    page.set_viewport_size(NARROW)
    cost.click()
    expect(page.get_by_role("row", name=re.compile("Llama 3 8B Instruct"))).to_be_visible()
    assert problems_now(page) == []
    page.get_by_role("button", name="Start fresh from here").click()
    expect(chat.transcript.get_by_text(LINE)).to_have_count(1)
    expect(gauge).to_have_attribute("value", "0")
    page.keyboard.press("Escape")
    assert problems_of(page) == []
    chat.transcript.get_by_role("button", name="Undo").click()
    expect(chat.transcript.get_by_text(LINE)).to_have_count(0)
    expect(gauge).to_have_attribute("value", filled)
    page.set_viewport_size(WIDE)


def test_a_preset_starts_a_conversation_wide_and_narrow(chat: Chat) -> None:
    page = chat.open("/settings/presets/").page
    page.get_by_text("New preset").click()
    page.get_by_role("textbox", name="Name").fill("In rhymes")
    page.get_by_role("combobox", name="Model").select_option(label="Claude 3 Haiku")
    page.get_by_role("textbox", name="Instruction").fill("Answer in rhymes.")
    page.get_by_role("spinbutton", name="Temperature").fill("0.3")
    page.get_by_role("button", name="Save").click()
    assert problems_of(page) == []
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        chat.open("/")
        chat.model.select_option(LLAMA)
        page.get_by_role("navigation", name="Presets").get_by_role("link", name="In rhymes").click()
        expect(chat.model).to_have_value(HAIKU)
        assert problems_now(page) == []
    answer = chat.ask_and_wait("How should you be?")
    expect(answer).to_contain_text("My instruction is “Answer in rhymes.”. My temperature is 0.3.")
