"""Opening a conversation shows its newest 50 messages; earlier ones come in on the way up."""

from playwright.sync_api import expect

from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, hold_back, next_of

SETTLED = """
    async (view) => {
      for (let last = NaN; last !== view.scrollTop; await new Promise(requestAnimationFrame)) last = view.scrollTop
    }
"""


def open_long_one(chat: Chat, person: Person, backstage: Backstage) -> None:
    path = backstage.new_conversation(person, turns=65)
    chat.open(path)


def test_newest_fifty_are_shown_with_the_last_one_in_view(chat: Chat, person: Person, backstage: Backstage) -> None:
    open_long_one(chat, person, backstage)
    expect(chat.transcript.get_by_role("article")).to_have_count(50)
    expect(chat.questions.first).to_have_text("Question 41")
    expect(chat.answers.last).to_be_in_viewport()


def test_earlier_ones_come_in_above_and_nothing_jumps(chat: Chat, person: Person, backstage: Backstage) -> None:
    held = hold_back(chat.page, "**/c/*/?before=*")
    open_long_one(chat, person, backstage)
    with chat.page.expect_request("**/c/*/?before=*"):
        scroll_up(chat)
    anchor = chat.questions.first
    before = top_of(chat, "Question 41")
    next_of(chat.page, held).continue_()
    expect(chat.transcript.get_by_role("article")).to_have_count(100)
    expect(anchor).to_have_text("Question 16")
    assert abs(top_of(chat, "Question 41") - before) <= 2


def test_way_up_ends_at_the_first_message(chat: Chat, person: Person, backstage: Backstage) -> None:
    open_long_one(chat, person, backstage)
    for number in (100, 130):
        scroll_up(chat)
        expect(chat.transcript.get_by_role("article")).to_have_count(number)
    scroll_up(chat)
    expect(chat.questions.first).to_have_text("Question 1")
    expect(chat.questions.first).to_be_in_viewport()
    expect(chat.page.get_by_role("link", name="Earlier messages")).to_have_count(0)
    texts = chat.questions.all_inner_texts()
    assert texts == [f"Question {number}" for number in range(1, 66)]


def test_reader_who_has_scrolled_up_is_not_pulled_down(chat: Chat, person: Person, backstage: Backstage) -> None:
    """An answer that comes in while somebody reads above it leaves what they read where it is."""
    open_long_one(chat, person, backstage)
    chat.ask("One more, sandbox:latency=2")
    chat.expect_last("processing", question="One more, sandbox:latency=2")
    chat.transcript.hover()
    chat.page.mouse.wheel(0, -600)
    chat.transcript.evaluate(SETTLED)
    before = top_of(chat, "Question 65")
    chat.expect_last("completed", question="One more, sandbox:latency=2")
    assert abs(top_of(chat, "Question 65") - before) <= 2
    chat.page.get_by_role("button", name="Jump to the newest").click()
    expect(chat.answers.last).to_be_in_viewport()


def scroll_up(chat: Chat) -> None:
    """To the top of what is there now, as with the wheel."""
    chat.transcript.evaluate("(view) => view.scrollTo(0, -view.scrollHeight)")
    chat.transcript.evaluate(SETTLED)


def top_of(chat: Chat, question: str) -> float:
    """Where a question stands in the window, in pixels from its top."""
    place = chat.questions.get_by_text(question, exact=True).bounding_box()
    assert place
    return place["y"]
