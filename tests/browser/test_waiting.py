"""The page always shows the database's state and goes on waiting by itself."""

import statistics
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.accessibility import problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, hold_back
from tests.sandbox.running import RunningSandbox, wait_until

QUESTION = "Take your time, sandbox:hold"
HTMX_AFTER_TWO_FRAMES = """
    new Promise((tell) => requestAnimationFrame(() => requestAnimationFrame(() => tell(typeof htmx))))
"""
NOTE_THE_END = """
    window.endings = []
    new MutationObserver((records) => {
      for (const node of records.flatMap((record) => [...record.addedNodes])) {
        if (node.matches?.("[data-state=completed]")) window.endings.push(Date.now() / 1000)
      }
    }).observe(document.body, { childList: true, subtree: true })
"""


@pytest.fixture
def waiting(chat: Chat, sandbox: RunningSandbox, person: Person) -> Iterator[Chat]:
    """A question is with the model, which holds its answer back."""
    chat.ask(QUESTION)
    chat.expect_last("processing", question=QUESTION)
    yield chat
    sandbox.release(person.key)


def release(sandbox: RunningSandbox, person: Person) -> None:
    assert wait_until(lambda: sandbox.release(person.key)) == 1


def test_waiting_bubble_says_what_is_going_on(waiting: Chat) -> None:
    bubble = waiting.answers.last
    expect(bubble).to_have_attribute("aria-busy", "true")
    expect(bubble).to_contain_text("Claude 3 Haiku is working on it")
    expect(bubble.get_by_role("timer")).to_have_text("1s")
    expect(bubble.get_by_role("timer")).to_have_text("2s")
    assert problems_of(waiting.page) == []


def test_reload_while_waiting_goes_on_waiting(waiting: Chat, sandbox: RunningSandbox, person: Person) -> None:
    waiting.page.reload()
    waiting.expect_last("processing", question=QUESTION)
    release(sandbox, person)
    waiting.expect_last("completed", question=QUESTION)
    expect(waiting.answers).to_have_count(1)
    expect(waiting.credits).to_be_visible()


def test_every_open_tab_shows_the_answer(waiting: Chat, sandbox: RunningSandbox, person: Person) -> None:
    second = Chat(waiting.page.context.new_page()).open(waiting.page.url)
    second.expect_last("processing", question=QUESTION)
    release(sandbox, person)
    for tab in (waiting, second):
        tab.expect_last("completed", question=QUESTION)
        expect(tab.answers).to_have_count(1)
    assert waiting.answers.last.inner_text() == second.answers.last.inner_text()


def test_leaving_the_page_loses_nothing(
    waiting: Chat, context: BrowserContext, sandbox: RunningSandbox, person: Person, backstage: Backstage
) -> None:
    path = waiting.page.url
    waiting.page.close()
    release(sandbox, person)
    wait_until(lambda: backstage.end_times_of(person))
    again = Chat(context.new_page()).open("/")
    again.conversations.get_by_role("link", name="Take your time").click()
    expect(again.page).to_have_url(path)
    again.expect_last("completed", question=QUESTION)


def test_answer_that_came_while_offline_is_there_when_online_again(
    waiting: Chat, context: BrowserContext, sandbox: RunningSandbox, person: Person, backstage: Backstage
) -> None:
    context.route("**/wait/**", lambda route: route.abort("internetdisconnected"))
    with waiting.page.expect_event("requestfailed", lambda request: request.failure != "net::ERR_ABORTED"):
        waiting.page.reload()
    context.set_offline(True)
    # Now, while the page pauses: a request that is caught in a route as it goes would hang.
    context.unroute_all(behavior="wait")
    release(sandbox, person)
    wait_until(lambda: backstage.end_times_of(person))
    waiting.expect_last("processing", question=QUESTION)
    context.set_offline(False)
    waiting.expect_last("completed", question=QUESTION)


def test_wait_begins_when_there_is_somebody_to_repeat_it(
    waiting: Chat, sandbox: RunningSandbox, person: Person
) -> None:
    """htmx comes after the elements: a wait that failed before them would never be tried again."""
    hold_back(waiting.page, "**/js/app.*.js")
    with waiting.page.expect_response("**/vendor/htmx-*.js"):
        waiting.page.reload(wait_until="commit")
    assert waiting.page.evaluate(HTMX_AFTER_TWO_FRAMES) == "undefined"
    waiting.page.unroute_all()
    release(sandbox, person)
    waiting.expect_last("completed", question=QUESTION)


def test_back_and_forth_shows_the_state_of_now(waiting: Chat, sandbox: RunningSandbox, person: Person) -> None:
    path = waiting.page.url
    waiting.page.get_by_role("link", name="New chat").click()
    expect(waiting.questions).to_have_count(0)
    release(sandbox, person)
    waiting.page.go_back()
    expect(waiting.page).to_have_url(path)
    waiting.expect_last("completed", question=QUESTION)


def test_stopped_answer_says_so_and_can_be_asked_for_again(
    waiting: Chat, sandbox: RunningSandbox, person: Person
) -> None:
    waiting.answers.last.get_by_role("button", name="Stop").click()
    waiting.expect_last("stopped", question=QUESTION)
    expect(waiting.alert).to_contain_text("You stopped this answer.")
    expect(waiting.alert.get_by_role("button", name="Try again")).to_be_visible()
    assert problems_of(waiting.page) == []


def test_answer_is_on_the_page_at_once_when_it_is_stored(chat: Chat, person: Person, backstage: Backstage) -> None:
    chat.model.select_option(label="Llama 3 8B Instruct")
    chat.page.evaluate(NOTE_THE_END)
    for number in range(7):
        chat.ask_and_wait(f"Question {number}")
    shown, stored = chat.page.evaluate("window.endings"), backstage.end_times_of(person)
    delays = [after - before for before, after in zip(stored, shown, strict=True)]
    milliseconds = round(statistics.median(delays) * 1000)
    print(f"from the database to the page: {milliseconds} ms (median of {len(delays)})")
    assert milliseconds < 1000
