"""Writing on while an answer is on its way: what was written waits for it, can be taken back, and keeps its order."""

import re

import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.browser.accessibility import problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat
from tests.sandbox.running import RunningSandbox, wait_until

WAITS = "Waits for the answer above"
NOTES = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"One, two.")
NOTE_WHAT_IS_SAID = """
    window.said = []
    new MutationObserver(() => window.said.push(document.getElementById("announcer").textContent.trim()))
      .observe(document.getElementById("announcer"), { childList: true })
"""


@pytest.mark.parametrize("width", [1280, 390], ids=["wide", "narrow"])
def test_it_waits_can_be_taken_back_and_the_rest_goes_in_order(
    chat: Chat, person: Person, sandbox: RunningSandbox, backstage: Backstage, width: int
) -> None:
    chat.page.set_viewport_size({"width": width, "height": 800})
    chat.ask("First, sandbox:hold")
    chat.expect_last("processing", question="First, sandbox:hold")
    chat.page.evaluate(NOTE_WHAT_IS_SAID)
    for text in ("Second", "Third"):
        chat.ask(text)
        chat.expect_last("queued", question=text)
    expect(chat.answers.nth(1)).to_contain_text(WAITS)
    expect(chat.answers.nth(2)).to_contain_text(WAITS)
    assert problems_of(chat.page) == []
    chat.box.fill("typed since")
    chat.answers.nth(1).get_by_role("button", name="Take back").click()
    expect(chat.questions).to_have_text(["First, sandbox:hold", "Third"])
    expect(chat.box).to_have_value("Second\n\ntyped since")
    expect(chat.box).to_be_focused()
    assert wait_until(lambda: sandbox.release(person.key)) == 1
    chat.expect_last("completed", question="Third")
    expect(chat.answers.nth(0)).to_have_attribute("data-state", "completed")
    assert backstage.questions_of(person) == ["First, sandbox:hold", "Third"]
    assert chat.page.evaluate("window.said") == ["Answer from Claude 3 Haiku"] * 2


def test_after_a_failure_it_is_held_and_sent_when_its_person_says_so(
    chat: Chat, person: Person, sandbox: RunningSandbox
) -> None:
    # No magic words: after a failure the second one brings the first one's text along.
    sandbox.queue_fault("hold fail", key=person.key)
    chat.ask("First")
    chat.expect_last("processing", question="First")
    chat.ask("Second")
    expect(chat.answers.nth(1)).to_contain_text(WAITS)
    assert wait_until(lambda: sandbox.release(person.key)) == 1
    expect(chat.answers.nth(0)).to_have_attribute("data-state", "failed")
    held = chat.answers.nth(1)
    expect(held).to_contain_text("Not sent yet, since the answer above did not come")
    assert problems_of(chat.page) == []
    held.get_by_role("button", name="Send anyway").click()
    chat.expect_last("completed", question="Second")


def test_a_message_taken_back_is_gone_in_the_other_tab_too(chat: Chat, person: Person, sandbox: RunningSandbox) -> None:
    chat.ask("First, sandbox:hold")
    chat.expect_last("processing", question="First, sandbox:hold")
    chat.ask("Second")
    expect(chat.answers.nth(1)).to_contain_text(WAITS)
    other_tab = Chat(chat.page.context.new_page()).open(chat.page.url)
    expect(other_tab.questions).to_have_count(2)
    chat.answers.nth(1).get_by_role("button", name="Take back").click()
    expect(other_tab.questions).to_have_text([re.compile("First")])
    expect(other_tab.answers).to_have_count(1)
    sandbox.release(person.key)


def test_its_text_and_files_come_back_although_the_wait_for_its_answer_ends_first(
    chat: Chat, person: Person, sandbox: RunningSandbox
) -> None:
    chat.ask("First, sandbox:hold")
    chat.expect_last("processing", question="First, sandbox:hold")
    files = chat.page.locator("#composer").get_by_role("list", name="Attachments").get_by_role("listitem")
    chat.page.locator("[data-files]").set_input_files(NOTES)
    expect(files).to_contain_text("notes.txt")
    chat.ask("Second")
    expect(chat.answers.nth(1)).to_contain_text(WAITS)
    expect(files).to_have_count(0)

    def pass_on_late(route: Route) -> None:
        with chat.page.expect_response(lambda response: response.status == 404 and "/wait/" in response.url):
            answer = route.fetch()
        route.fulfill(response=answer)

    chat.page.route("**/withdrawal/", pass_on_late)
    chat.answers.nth(1).get_by_role("button", name="Take back").click()
    expect(chat.box).to_have_value("Second")
    expect(files).to_contain_text("notes.txt")
    expect(chat.answers).to_have_count(1)
    sandbox.release(person.key)
