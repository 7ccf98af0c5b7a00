"""A worker that halts past its lease and wakes up late, and two that reach for the same reply."""

from tests.crash.cast import Cast
from tests.crash.person import V2, Person
from tests.crash.points import FailPoints
from tests.crash.sights import await_state, calls_for, replies_to, reply_to

# A lease lasts for five rounds, see tests/crash/cast.py.
ROUNDS_PAST_A_LEASE = 8


def test_of_two_workers_that_claim_at_once_one_sends(cast: Cast, points: FailPoints, alice: Person, bob: Person):
    points.pause("claim-before-commit")
    question = alice.say("hello")
    first = points.await_halted("claim-before-commit")
    cast.start_worker()
    other = bob.say("hello")
    await_state(cast, other, "completed")  # the row that the halted one has locked is in nobody's way
    points.resume(first)
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_worker_halted_in_its_last_transaction_holds_up_nobody_else(
    cast: Cast, points: FailPoints, alice: Person, bob: Person
):
    points.pause("storing")
    question = alice.say("hello")
    first = points.await_halted("storing")
    cast.start_worker()
    points.await_rounds_of_rescue(ROUNDS_PAST_A_LEASE)
    other = bob.say("hello")
    await_state(cast, other, "completed")
    points.resume(first)
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_worker_that_wakes_while_another_follows_the_request_writes_nothing(
    cast: Cast, points: FailPoints, alice: Person
):
    points.pause("polling")
    question = alice.say("hello", model=V2)
    alice.open_tab(question.conversation)
    first = points.await_halted("polling")
    cast.start_worker()
    assert await_state(cast, question, "completed")["fence"] > 1
    points.resume(first)
    second = alice.say("hello", after=question)
    await_state(cast, second, "completed")
    assert len(calls_for(cast, question)) == 1


def test_lost_answer_that_turns_up_late_is_the_answer(cast: Cast, points: FailPoints, alice: Person):
    points.pause("answered")
    question = alice.say("hello")
    first = points.await_halted("answered")
    cast.start_worker()
    await_state(cast, question, "unknown")
    points.resume(first)
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_request_id_that_turns_up_late_is_followed(cast: Cast, points: FailPoints, alice: Person):
    points.pause("accepted")
    question = alice.say("hello", model=V2)
    first = points.await_halted("accepted")
    cast.start_worker()
    await_state(cast, question, "unknown")
    points.resume(first)
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_lost_answer_that_turns_up_after_another_attempt_began_is_not_shown(
    cast: Cast, points: FailPoints, alice: Person
):
    points.pause("answered")
    question = alice.say("hello")
    first = points.await_halted("answered")
    cast.start_worker()
    lost = await_state(cast, question, "unknown")
    alice.try_again(lost["id"], question, confirm=True)
    await_state(cast, question, "completed")
    points.resume(first)
    cast.retire(cast.workers[0])
    assert [reply["state"] for reply in replies_to(cast, question)] == ["unknown", "completed"]
    assert len(calls_for(cast, question)) == 2


def test_worker_that_wakes_after_its_lease_sends_nothing_any_more(cast: Cast, points: FailPoints, alice: Person):
    """Its reply is unknown to everybody by now, and the person may have asked again."""
    points.pause("claimed")
    question = alice.say("hello")
    first = points.await_halted("claimed")
    cast.start_worker()
    lost = await_state(cast, question, "unknown")
    alice.try_again(lost["id"], question, confirm=True)
    await_state(cast, question, "completed")
    points.resume(first)
    cast.retire(cast.workers[0])
    assert reply_to(cast, question)["state"] == "completed"
    assert len(calls_for(cast, question)) == 1
