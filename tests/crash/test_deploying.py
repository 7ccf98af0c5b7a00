"""SIGTERM with replies in flight, and two generations of processes side by side."""

from tests.crash.cast import Cast
from tests.crash.person import V1, V2, Person
from tests.crash.sights import await_calls, await_state, calls_for


def test_worker_told_to_stop_finishes_the_call_it_holds(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello", model=V1)
    await_calls(cast, question)
    cast.worker.terminate()
    cast.start_worker()
    cast.release()
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_worker_told_to_stop_leaves_submitted_requests_to_the_next(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello", model=V2)
    await_state(cast, question, "processing")
    cast.retire(cast.worker)
    assert await_state(cast, question, "processing")
    cast.start_worker()
    cast.release()
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_worker_whose_grace_is_over_says_that_the_outcome_is_unknown(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello", model=V1)
    await_calls(cast, question)
    cast.retire(cast.worker)
    reply = await_state(cast, question, "unknown")
    assert reply["billed"] == "unknown"
    cast.release()


def test_old_and_new_side_by_side_share_the_work(cast: Cast, alice: Person, bob: Person):
    """A rolling deployment: the new worker starts, people go on writing, the old one is told to stop; then the web."""
    questions = [person.say("sandbox:latency=0.5 hello", model=model) for model in (V1, V2) for person in (alice, bob)]
    alice.open_tab(questions[0].conversation)
    old = cast.worker
    cast.start_worker()
    questions += [person.say("hello", model=model) for model in (V1, V2) for person in (alice, bob)]
    old.terminate()
    questions.append(alice.say("sandbox:latency=0.5 hello"))
    alice.open_tab(questions[-1].conversation)
    cast.web.terminate()
    cast.await_web_gone()
    cast.start_web()
    questions.append(bob.say("hello"))
    for question in questions:
        await_state(cast, question, "completed")
        assert len(calls_for(cast, question)) == 1
