"""Segmind is slow, silent, away, overrun, or talks nonsense; with all the real processes in between."""

from tests.crash.cast import Cast
from tests.crash.person import V1, V2, Person
from tests.crash.sights import await_calls, await_state, calls_for, reply_to
from tests.sandbox.running import wait_until

# What is asked, by which version; what becomes of it; whether it was billed; how many calls that took.
OUTCOMES = [
    ("sandbox:latency=1 slow", V1, "completed", "yes", 1),
    ("sandbox:latency=1 slow", V2, "completed", "yes", 1),
    ("sandbox:drop cut off", V1, "unknown", "unknown", 1),
    ("sandbox:drop cut off", V2, "unknown", "unknown", 1),
    ("sandbox:drop=half cut in half", V1, "unknown", "unknown", 1),
    ("sandbox:expired gone", V2, "failed", "unknown", 1),
    ("sandbox:malformed nonsense", V1, "failed", "yes", 1),
    ("sandbox:malformed nonsense", V2, "failed", "yes", 1),
    ("sandbox:bad-gateway a machine in between", V1, "failed", "unknown", 1),
    ("sandbox:html a page", V2, "failed", "unknown", 1),
    ("sandbox:fail the model ran and failed", V2, "failed", "no", 1),
    ("sandbox:server-error broken", V1, "failed", "no", 2),
    ("sandbox:server-error=1 broken once", V1, "completed", "yes", 2),
    ("sandbox:bad-request refused", V1, "failed", "no", 1),
    ("sandbox:rate=1 paused", V1, "completed", "yes", 2),
]


def test_each_outcome_is_what_the_table_says(cast: Cast, alice: Person, bob: Person):
    """All at once; the one that closes an account for a second is alone on its key."""
    people = [bob if "rate" in words else alice for words, *_ in OUTCOMES]
    questions = [person.say(row[0], model=row[1]) for person, row in zip(people, OUTCOMES, strict=True)]
    for question, person in zip(questions, people, strict=True):
        person.open_tab(question.conversation)
    for question, (_, _, state, billed, calls) in zip(questions, OUTCOMES, strict=True):
        reply = await_state(cast, question, "completed", "failed", "unknown")
        assert (question.text, reply["state"], reply["billed"]) == (question.text, state, billed)
        posts = [call for call in cast.sandbox.ledger(key=person.key)["rows"] if call["prompt"] == question.text]
        assert len(posts) <= calls, question.text


def test_empty_answer_says_so(cast: Cast, alice: Person):
    question = alice.say("sandbox:empty nothing")
    reply = await_state(cast, question, "completed", "failed")
    assert reply["text"] == ""


def test_silence_is_unknown_after_the_deadline(cast: Cast, alice: Person):
    cast.kill_workers()
    question = alice.say("sandbox:silent hello")
    cast.start_worker(SEGMIND_READ_SECONDS="1")
    reply = await_state(cast, question, "unknown")
    assert reply["billed"] == "unknown"
    cast.kill_workers()


def test_request_that_never_finishes_is_shown_and_can_be_stopped(cast: Cast, alice: Person):
    question = alice.say("sandbox:stuck hello", model=V2)
    await_state(cast, question, "processing")
    bubble = alice.page(question.conversation)[-1]
    assert (bubble.state, bubble.has_way_on) == ("processing", True)
    alice.stop(reply_to(cast, question)["id"])
    await_state(cast, question, "stopped")


def test_storm_of_429_is_only_a_wait(cast: Cast, alice: Person):
    """Those that were refused go out one by one, at the rate that the key has learned."""
    cast.sandbox.set_account(alice.key, rate=45, window_seconds=2)
    questions = [alice.write(f"hello {number}") for number in range(47)]
    for number in range(0, len(questions), 4):
        alice.send_at_once(*questions[number : number + 4])
    for question in questions:
        await_state(cast, question, "completed")
        assert len([call for call in calls_for(cast, question) if call["state"] == "billed"]) == 1


def test_segmind_that_is_down_is_waited_for(cast: Cast, alice: Person):
    """What stands in the way is seen on the page, and goes by itself."""
    cast.kill_sandbox()
    questions = [alice.say("hello", model=model) for model in (V1, V2, V1)]
    wait_until(lambda: alice.page(questions[0].conversation)[-1].state == "queued")
    cast.start_sandbox()
    for question in questions:
        await_state(cast, question, "completed")
        assert len(calls_for(cast, question)) == 1


def test_segmind_that_dies_with_a_call_in_its_hands(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello")
    await_calls(cast, question)
    cast.kill_sandbox()
    reply = await_state(cast, question, "unknown")
    assert reply["billed"] == "unknown"
    cast.start_sandbox()
