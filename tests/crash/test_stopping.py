"""The person stops a reply, or removes what it needs, at each of its states. What it cost is known all the same."""

import pytest

from tests.crash.cast import Cast
from tests.crash.person import V1, V2, Person
from tests.crash.points import FailPoints
from tests.crash.sights import await_calls, await_state, calls_for, reply_to
from tests.sandbox.running import wait_until

COSTS = "SELECT billed, cost FROM chat_reply WHERE owner_id = (SELECT id FROM accounts_user WHERE email = %s)"


def disable(cast: Cast, person: Person) -> None:
    """As an administrator does: from now on they see nothing, so their pages say nothing."""
    cast.rows("UPDATE accounts_user SET is_active = false WHERE email = %s", person.account.email)
    person.is_disabled = True


def await_cost(cast: Cast, person: Person) -> None:
    """Until their one reply knows what it has cost."""
    wait_until(lambda: all(row["billed"] == "yes" and row["cost"] for row in cast.rows(COSTS, person.account.email)))


def test_stopped_before_a_worker_took_it(cast: Cast, alice: Person):
    cast.kill_workers()
    question = alice.say("hello")
    alice.open_tab(question.conversation)
    alice.stop(reply_to(cast, question)["id"])
    cast.start_worker()
    assert await_state(cast, question, "stopped")["billed"] == "no"
    await_state(cast, alice.say("the next one"), "completed")
    assert calls_for(cast, question) == []


def test_stopped_while_it_pauses_after_a_429(cast: Cast, alice: Person):
    question = alice.say("sandbox:rate=1 hello")
    wait_until(lambda: calls_for(cast, question) and reply_to(cast, question)["state"] == "queued")
    alice.stop(reply_to(cast, question)["id"])
    assert await_state(cast, question, "stopped")["billed"] == "no"


@pytest.mark.parametrize("model", [V1, V2])
def test_stopped_while_segmind_works_on_it(cast: Cast, alice: Person, model: str):
    question = alice.say("sandbox:hold hello", model=model)
    alice.open_tab(question.conversation)
    await_calls(cast, question)
    await_state(cast, question, "submitting" if model == V1 else "processing")
    alice.stop(reply_to(cast, question)["id"])
    assert await_state(cast, question, "stopped")["billed"] == "unknown"
    cast.release()
    await_cost(cast, alice)
    assert reply_to(cast, question)["text"] == ""


def test_stopped_request_is_followed_by_the_next_worker(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello", model=V2)
    await_state(cast, question, "processing")
    alice.stop(reply_to(cast, question)["id"])
    cast.kill_workers()
    cast.start_worker()
    cast.release()
    await_cost(cast, alice)


def test_stopped_while_its_answer_is_being_stored(cast: Cast, points: FailPoints, alice: Person):
    points.pause("storing")
    question = alice.say("hello")
    worker = points.await_halted("storing")
    stopping = alice.background.submit(alice.stop, reply_to(cast, question)["id"])
    points.resume(worker)
    assert stopping.result().status_code == 200
    await_state(cast, question, "completed", "stopped")
    await_cost(cast, alice)


# --- What it needs is gone ------------------------------------------------------
def test_conversation_deleted_before_it_was_sent(cast: Cast, alice: Person):
    cast.kill_workers()
    question = alice.say("hello")
    alice.delete(question.conversation)
    cast.start_worker()
    await_state(cast, alice.say("the next one"), "completed")
    assert calls_for(cast, question) == []


@pytest.mark.parametrize("model", [V1, V2])
def test_conversation_deleted_while_segmind_works_on_it(cast: Cast, alice: Person, model: str):
    question = alice.say("sandbox:hold hello", model=model)
    alice.open_tab(question.conversation)
    await_calls(cast, question)
    await_state(cast, question, "submitting" if model == V1 else "processing")
    alice.delete(question.conversation)
    cast.release()
    await_cost(cast, alice)


def test_key_removed_before_it_was_sent(cast: Cast, alice: Person):
    cast.kill_workers()
    question = alice.say("hello")
    alice.remove_key()
    cast.start_worker()
    assert await_state(cast, question, "failed")["failure_kind"] == "key"
    assert calls_for(cast, question) == []


@pytest.mark.parametrize("model", [V1, V2])
def test_key_removed_while_segmind_works_on_it(cast: Cast, alice: Person, model: str):
    question = alice.say("sandbox:hold hello", model=model)
    await_calls(cast, question)
    await_state(cast, question, "submitting" if model == V1 else "processing")
    alice.remove_key()
    cast.release()
    await_state(cast, question, "completed")


def test_account_disabled_before_it_was_sent(cast: Cast, alice: Person):
    cast.kill_workers()
    question = alice.say("hello")
    disable(cast, alice)
    cast.start_worker()
    await_state(cast, question, "stopped", "failed")
    assert calls_for(cast, question) == []


def test_account_disabled_while_segmind_works_on_it(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello")
    await_calls(cast, question)
    disable(cast, alice)
    cast.release()
    await_state(cast, question, "completed", "stopped")
    await_cost(cast, alice)
