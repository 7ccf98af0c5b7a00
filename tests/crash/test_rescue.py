"""What should have woken somebody is lost: notifications, listening connections, the queue's own jobs."""

from tests.crash.cast import Cast
from tests.crash.person import V2, Person
from tests.crash.points import FailPoints
from tests.crash.sights import await_calls, await_state, calls_for
from tests.sandbox.running import wait_until

LISTENING = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%%' AND pid <> %s"


def cut_listening_connections(cast: Cast) -> None:
    assert cast.rows(LISTENING, 0)


def test_notification_that_no_worker_heard(cast: Cast, alice: Person):
    await_state(cast, alice.say("so that the worker listens"), "completed")
    cast.worker.halt()
    cut_listening_connections(cast)
    question = alice.say("hello")
    cast.worker.go_on()
    await_state(cast, question, "completed")
    assert len(calls_for(cast, question)) == 1


def test_notification_that_no_page_heard(cast: Cast, alice: Person):
    """The page must show it all the same, which I10 says."""
    question = alice.say("sandbox:hold hello")
    tab = alice.open_tab(question.conversation)
    reply = await_state(cast, question, "submitting")
    wait_until(lambda: tab.state_of(reply["message"]) == "submitting")
    cast.web.halt()
    cut_listening_connections(cast)
    cast.release()
    await_state(cast, question, "completed")
    cast.web.go_on()
    wait_until(lambda: tab.state_of(reply["message"]) == "completed")


def test_tab_outlives_a_web_process_that_was_killed(cast: Cast, alice: Person):
    question = alice.say("sandbox:hold hello")
    tab = alice.open_tab(question.conversation)
    await_calls(cast, question)
    cast.web.kill()
    cast.release()
    reply = await_state(cast, question, "completed")
    cast.start_web()
    wait_until(lambda: tab.state_of(reply["message"]) == "completed")


def test_rescue_goes_on_after_a_worker_died_in_the_middle_of_it(cast: Cast, points: FailPoints, alice: Person):
    """The dead worker's job of rescue still stands in the queue, with its lock."""
    question = alice.say("sandbox:hold hello", model=V2)
    await_state(cast, question, "processing")
    points.kill("rescuing")
    points.await_fired("rescuing")
    rounds = points.times_reached("rescuing")
    cast.release()
    cast.start_worker()
    await_state(cast, question, "completed")
    wait_until(lambda: points.times_reached("rescuing") > rounds, seconds=20)
    assert len(calls_for(cast, question)) == 1
