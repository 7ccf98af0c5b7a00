"""Several models asked at once: columns in a wide window, tabs in a narrow one, then one goes on."""

from playwright.sync_api import Locator, expect

from tests.browser.accessibility import NARROW, WIDE, problems_of
from tests.browser.backstage import Person
from tests.browser.chat import Chat
from tests.sandbox.running import RunningSandbox

LABELS = ["Claude 3 Haiku", "Claude 3.5 Sonnet", "Llama 3 8B Instruct"]


def choose_models(chat: Chat, *labels: str) -> None:
    chat.page.get_by_role("button", name="Ask several models").click()
    for label in labels:
        chat.page.get_by_role("checkbox", name=label, exact=True).check()
    assert problems_of(chat.page) == []
    chat.page.keyboard.press("Escape")


def column(chat: Chat, label: str) -> Locator:
    return chat.transcript.get_by_role("article", name=label, exact=True)


def test_three_side_by_side_one_stopped_and_one_goes_on(chat: Chat, person: Person, sandbox: RunningSandbox) -> None:
    chat.model.select_option(label=LABELS[0])
    choose_models(chat, *LABELS[1:])
    chat.ask("Who are you? sandbox:hold")
    for label, state in zip(LABELS, ("processing", "processing", "submitting"), strict=True):
        expect(column(chat, label)).to_have_attribute("data-state", state)
    tops = {round(place["y"]) for label in LABELS if (place := column(chat, label).bounding_box())}
    assert len(tops) == 1
    assert problems_of(chat.page) == []
    column(chat, LABELS[1]).get_by_role("button", name="Stop").click()
    expect(column(chat, LABELS[1])).to_have_attribute("data-state", "stopped")
    sandbox.release(person.key)
    for label in (LABELS[0], LABELS[2]):
        expect(column(chat, label)).to_have_attribute("data-state", "completed")
        expect(column(chat, label)).to_contain_text("credits")

    chat.page.set_viewport_size(NARROW)
    expect(column(chat, LABELS[0])).to_be_visible()
    expect(column(chat, LABELS[2])).to_be_hidden()
    chat.page.get_by_role("radio", name=LABELS[2]).check(force=True)
    expect(column(chat, LABELS[2])).to_be_visible()
    expect(column(chat, LABELS[0])).to_be_hidden()
    assert chat.transcript.evaluate("(place) => place.scrollWidth - place.clientWidth") == 0
    chat.page.get_by_role("button", name=f"Go on with this one ({LABELS[2]})").click()
    expect(chat.answers).to_have_count(1)
    expect(chat.answers.last).to_contain_text("I am llama-v3-8b-instruct")
    expect(chat.answers.last.get_by_role("navigation", name="Versions")).to_contain_text("3 of 3")
    chat.page.set_viewport_size(WIDE)
    chat.ask_and_wait("Good")
    expect(chat.answers).to_have_count(2)


def test_who_sends_on_undecided_goes_on_with_the_first_that_is_there(chat: Chat) -> None:
    chat.model.select_option(label=LABELS[0])
    choose_models(chat, LABELS[2])
    chat.ask("Who are you?")
    for label in (LABELS[0], LABELS[2]):
        expect(column(chat, label)).to_have_attribute("data-state", "completed")
    # Asking several is for one message: what costs more is not done again unasked.
    expect(chat.page.locator("[name=also]:checked")).to_have_count(0)
    chat.ask_and_wait("And now?")
    expect(chat.answers).to_have_count(2)
    expect(chat.answers.first).to_contain_text("I am claude-3-haiku")
    expect(chat.answers.first.get_by_role("navigation", name="Versions")).to_contain_text("1 of 2")
