"""The database restarts, or takes a step back, while something is on its way."""

from tests.crash.cast import Cast
from tests.crash.person import V1, V2, Person
from tests.crash.points import FailPoints
from tests.crash.sights import await_calls, await_state, calls_for, texts_of


def test_database_killed_before_the_commit_of_a_message(cast: Cast, points: FailPoints, alice: Person):
    question = alice.write("hello")
    points.pause("send-before-commit")
    sending = alice.start_sending(question)
    web = points.await_halted("send-before-commit")
    cast.kill_database()
    cast.start_database()
    points.resume(web)
    assert sending.result().status_code == 500
    assert texts_of(cast, question.conversation) == []
    alice.insist(question)
    await_state(cast, question, "completed")


def test_database_killed_while_replies_are_in_flight(cast: Cast, alice: Person, bob: Person):
    sent = alice.say("sandbox:hold hello", model=V1)
    submitted = bob.say("sandbox:hold hello", model=V2)
    alice.open_tab(sent.conversation)
    bob.open_tab(submitted.conversation)
    await_calls(cast, sent)
    await_state(cast, submitted, "processing")
    cast.kill_database()
    cast.release(2)
    cast.start_database()
    for question in (sent, submitted):
        await_state(cast, question, "completed")
        assert len(calls_for(cast, question)) == 1


def test_answer_outlasts_a_database_that_is_away_when_it_comes(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello")
    await_calls(cast, question)
    cast.stop_database()
    cast.release()
    cast.start_database()
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_nobody_meets_an_error_once_the_database_is_back(cast: Cast, alice: Person):
    await_state(cast, alice.say("hello"), "completed")
    cast.stop_database()
    cast.start_database()
    assert [alice.client.get("/").status_code for _ in range(4)] == [200] * 4


def test_last_transaction_that_fails_is_tried_again_and_counts_once(cast: Cast, points: FailPoints, alice: Person):
    points.break_database("storing")
    question = alice.say("hello")
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_claim_that_fails_is_made_again(cast: Cast, points: FailPoints, alice: Person):
    points.break_database("claim-before-commit")
    question = alice.say("hello")
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_backup_older_than_the_replies_in_flight(cast: Cast, alice: Person, bob: Person):
    sent = alice.say("sandbox:hold hello", model=V1)
    submitted = bob.say("sandbox:hold hello", model=V2)
    await_calls(cast, sent)
    await_state(cast, submitted, "processing")
    cast.kill_workers()
    queued = alice.say("hello")
    cast.back_up()
    cast.start_worker()
    await_state(cast, queued, "completed")
    cast.release(2)
    await_state(cast, submitted, "completed")
    cast.restore()
    await_state(cast, submitted, "completed")  # Segmind still has the result, and says it again for nothing
    for question in (sent, queued):
        await_state(cast, question, "unknown")  # it was billed since the backup, and nobody knows that any more
    assert [len(calls_for(cast, question)) for question in (sent, submitted, queued)] == [1, 1, 1]
