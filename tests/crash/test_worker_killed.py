"""SIGKILL for the worker, at each step of a delivery. What may have been billed is never sent again by machine."""

import pytest

from tests.crash.cast import Cast
from tests.crash.person import V1, V2, Person
from tests.crash.points import FailPoints
from tests.crash.sights import await_calls, await_state, calls_for, reply_to


@pytest.mark.parametrize(
    ("point", "model"),
    [
        ("claim-before-commit", V1),
        ("noted", V2),
        ("polling", V2),
        ("storing", V2),
        ("stored", V1),
    ],
)
def test_next_worker_goes_on_without_a_second_call(
    cast: Cast, points: FailPoints, alice: Person, point: str, model: str
):
    points.kill(point)
    question = alice.say("hello", model=model)
    alice.open_tab(question.conversation)
    points.await_fired(point)
    cast.start_worker()
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


@pytest.mark.parametrize(
    ("point", "model", "calls"),
    [
        ("claimed", V1, 0),
        ("answered", V1, 1),
        ("storing", V1, 1),
        ("accepted", V2, 1),
    ],
)
def test_outcome_is_unknown_and_only_a_person_sends_again(
    cast: Cast, points: FailPoints, alice: Person, point: str, model: str, calls: int
):
    points.kill(point)
    question = alice.say("hello", model=model)
    alice.open_tab(question.conversation)
    points.await_fired(point)
    cast.start_worker()
    reply = await_state(cast, question, "unknown")
    assert (reply["billed"], reply["cost"]) == ("unknown", None)
    assert len(calls_for(cast, question)) == calls
    assert alice.try_again(reply["id"], question).status_code == 422
    assert reply_to(cast, question)["id"] == reply["id"]
    alice.try_again(reply["id"], question, confirm=True)
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == calls + 1


def test_killed_after_the_bytes_were_sent(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello")
    await_calls(cast, question)
    cast.kill_workers()
    cast.start_worker()
    reply = await_state(cast, question, "unknown")
    cast.release()
    assert reply["billed"] == "unknown"


def test_killed_while_the_model_works_on_a_submitted_request(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello", model=V2)
    alice.open_tab(question.conversation)
    await_state(cast, question, "processing")
    cast.kill_workers()
    cast.start_worker()
    cast.release()
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_message_sent_while_no_worker_was_there(cast: Cast, alice: Person):
    cast.kill_workers()
    question = alice.say("hello")
    alice.open_tab(question.conversation)
    cast.start_worker()
    await_state(cast, question, "completed")


def test_many_in_flight_when_the_worker_dies(cast: Cast, alice: Person, bob: Person):
    questions = [
        person.say("sandbox:latency=0.5 hello", model=model) for model in (V1, V2, V1, V2) for person in (alice, bob)
    ]
    await_calls(cast, questions[-1])
    cast.kill_workers()
    cast.start_worker()
    for question in questions:
        await_state(cast, question, "completed", "unknown")
        assert len(calls_for(cast, question)) == 1
