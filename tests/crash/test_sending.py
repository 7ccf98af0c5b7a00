"""From "Send" to the commit: the browser, the web process and the line between them fail."""

from dataclasses import replace

import httpx
import pytest

from tests.crash.cast import Cast
from tests.crash.person import V1, V2, Person
from tests.crash.points import FailPoints
from tests.crash.sights import await_state, calls_for, replies_to, reply_to, texts_of

GIVE_BUDGET = """
    INSERT INTO chat_budget (owner_id, "limit", created_at)
    SELECT id, %s, now() FROM accounts_user WHERE email = %s
"""


def test_request_that_never_arrived_is_sent_again(cast: Cast, alice: Person):
    question = alice.write("hello")
    cast.web.kill()
    with pytest.raises(httpx.TransportError):
        alice.send(question)
    cast.start_web()
    assert texts_of(cast, question.conversation) == []
    alice.send(question)
    await_state(cast, question, "completed")


def test_web_killed_before_the_commit_has_stored_nothing(cast: Cast, points: FailPoints, alice: Person):
    question = alice.write("hello")
    points.kill("send-before-commit")
    with pytest.raises(httpx.TransportError):
        alice.send(question)
    cast.await_web_gone()
    assert texts_of(cast, question.conversation) == []
    cast.start_web()
    alice.send(question)
    await_state(cast, question, "completed")


def test_web_killed_after_the_commit_has_stored_it_once(cast: Cast, points: FailPoints, alice: Person):
    question = alice.write("hello")
    points.kill("send-after-commit")
    with pytest.raises(httpx.TransportError):
        alice.send(question)
    cast.await_web_gone()
    await_state(cast, question, "completed")  # nobody has asked for it again
    cast.start_web()
    assert alice.send(question).status_code == 200
    assert texts_of(cast, question.conversation) == [question.text]
    assert len(replies_to(cast, question)) == 1


def test_answer_that_got_lost_after_the_commit_is_given_again(cast: Cast, points: FailPoints, alice: Person):
    question = alice.write("hello")
    points.break_database("send-after-commit")
    assert alice.send(question).status_code == 500
    assert alice.send(question).status_code == 200
    await_state(cast, question, "completed")
    assert texts_of(cast, question.conversation) == [question.text]
    assert len(replies_to(cast, question)) == 1


def test_browser_closed_while_sending_loses_nothing(cast: Cast, points: FailPoints, alice: Person):
    question = alice.write("hello")
    points.pause("send-before-commit")
    sending = alice.start_sending(question)
    web = points.await_halted("send-before-commit")
    alice.close_browser()
    points.resume(web)
    assert sending.exception()
    await_state(cast, question, "completed")


def test_browser_closed_while_waiting_loses_nothing(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello")
    alice.open_tab(question.conversation).close()
    alice.tabs.clear()
    cast.release()
    await_state(cast, question, "completed")


def test_double_click_is_one_message(cast: Cast, alice: Person):
    question = alice.write("hello")
    assert {answer.status_code for answer in alice.send_at_once(*[question] * 6)} == {200}
    await_state(cast, question, "completed")
    assert texts_of(cast, question.conversation) == [question.text]
    assert len(replies_to(cast, question)) == 1


def test_back_and_send_again_is_the_same_message_and_another_text_a_conflict(cast: Cast, alice: Person):
    question = alice.say("hello")
    await_state(cast, question, "completed")
    assert alice.send(question).status_code == 200
    assert alice.send(replace(question, text=alice.write("other").text)).status_code == 409
    assert texts_of(cast, question.conversation) == [question.text]
    assert len(calls_for(cast, question)) == 1


def test_two_tabs_sending_at_once_are_two_turns_one_after_the_other(cast: Cast, alice: Person):
    first = alice.say("hello")
    tab = alice.open_tab(first.conversation)
    questions = [alice.write("also", after=first) for _ in range(2)]
    assert {answer.status_code for answer in alice.send_at_once(*questions)} == {200}
    for question in [first, *questions]:
        await_state(cast, question, "completed")
    tab.close()
    alice.tabs.clear()
    shown = [bubble.is_from_user for bubble in alice.open_tab(first.conversation).bubbles]
    assert shown == [True, False] * 3


def test_budget_holds_for_messages_sent_at_once(cast: Cast, alice: Person):
    """Room for two reservations; a third message is stored, and says why it is not sent."""
    limit = "SELECT 2.5 * max(reserved) AS room FROM chat_reply"
    await_state(cast, alice.say("what one costs"), "completed")
    room = cast.rows(limit)[0]["room"]
    cast.rows(GIVE_BUDGET, room, alice.account.email)
    questions = [alice.write("sandbox:hold hello") for _ in range(5)]
    alice.send_at_once(*questions)
    failed = [reply_to(cast, question) for question in questions if reply_to(cast, question)["state"] == "failed"]
    assert {reply["failure_kind"] for reply in failed} == {"budget"}
    assert len(failed) == 3
    cast.release(1)
    for question in questions:
        await_state(cast, question, "completed", "failed")


def test_two_people_at_once_see_their_own(cast: Cast, alice: Person, bob: Person):
    questions = [person.say("hello", model=model) for model in (V1, V2) for person in (alice, bob)]
    for question, person in zip(questions, [alice, bob] * 2, strict=True):
        person.open_tab(question.conversation)
    for question in questions:
        await_state(cast, question, "completed")
