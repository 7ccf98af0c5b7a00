"""A conversation that is too long for its model: a line says from where on it still remembers."""

from playwright.sync_api import expect

from tests.browser.accessibility import problems_of
from tests.browser.chat import Chat

LLAMA, HAIKU = "llama-v3-8b-instruct", "claude-3-haiku"


def long_question(word: str) -> str:
    """More than half of what the smallest model remembers."""
    return " ".join([word] * 3000)


def test_the_line_comes_moves_and_goes_with_each_answer(chat: Chat) -> None:
    line = chat.transcript.get_by_role("separator", name="The model remembers from here on")
    below = chat.transcript.locator("#remembered + article")
    chat.model.select_option(LLAMA)
    chat.ask_and_wait(long_question("one"))
    expect(line).to_have_count(0)

    for word in ("two", "three"):
        chat.ask_and_wait(long_question(word))
        expect(line).to_have_count(1)
        expect(below).to_have_text(long_question(word))

    chat.page.reload()
    expect(line).to_have_count(1)
    expect(below).to_have_text(long_question("three"))
    assert problems_of(chat.page) == []

    chat.model.select_option(HAIKU)
    chat.ask_and_wait("Do you remember more?")
    expect(line).to_have_count(0)
