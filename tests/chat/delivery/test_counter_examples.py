"""Orders of events in which the books were once wrong: found by the state machine, or while it was written."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from chat.delivery import queue, steps
from chat.models import Reply
from chat.segmind import NotAccepted, UnusableAnswer
from chat.services.replies import stop_reply
from tests.chat.delivery.accounting_segmind import AccountingSegmind
from tests.chat.delivery.stepwise import Worker, step_by_step
from tests.chat.sending import send

TOO_MANY = NotAccepted(kind="rate", status=429)


@pytest.fixture
def by_v2(alice, alice_key, haiku) -> Reply:
    send(alice, "hello", model=haiku)
    return Reply.objects.get()


@pytest.fixture
def clock(db):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def taken_over_again(clock: time_machine.Traveller) -> list[steps.Assignment]:
    clock.shift(queue.LEASE + timedelta(seconds=1))
    return steps.take_over(limit=10)


def test_a_stopped_request_that_has_expired_is_not_asked_for_again_and_again(by_v2, clock):
    with step_by_step() as loop:
        segmind = AccountingSegmind()
        [work] = steps.claim(limit=1).assignments
        worker = Worker(work, segmind, loop)
        while worker.step != "GET":
            worker.go_on()
        stop_reply(reply=Reply.objects.get())
        worker.kill()
        clock.shift(timedelta(minutes=51))
        [work] = steps.take_over(limit=10)
        Worker(work, segmind, loop).finish()
    assert taken_over_again(clock) == []
    assert Reply.objects.get().billed == "unknown"


def test_a_stopped_request_whose_key_is_gone_is_not_taken_over_again_and_again(by_v2, alice_key, clock):
    [work] = steps.claim(limit=1).assignments
    stop_reply(reply=by_v2)
    steps.note_request(work, "r-1")
    alice_key.delete()
    assert taken_over_again(clock) == []
    assert Reply.objects.get().lease_until is None


def test_a_stopped_call_by_v1_is_never_followed_as_if_it_were_by_v2(reply, clock):
    [work] = steps.claim(limit=1).assignments
    stop_reply(reply=reply)
    steps.fail(work, UnusableAnswer(kind="upstream", request_id="r-1"))
    assert taken_over_again(clock) == []


def test_a_key_removed_while_segmind_asks_for_a_pause_hands_the_reply_back(reply, alice_key):
    [work] = steps.claim(limit=1).assignments
    alice_key.delete()
    steps.hold_back(work, TOO_MANY, until=timezone.now())
    assert Reply.objects.get().state == "queued"


def test_a_stop_reaches_a_reply_that_a_worker_has_just_claimed(reply):
    seen_as_queued = Reply.objects.get()
    steps.claim(limit=1)
    assert stop_reply(reply=seen_as_queued)
    assert (seen_as_queued.state, seen_as_queued.billed) == ("stopped", "unknown")


def test_a_429_that_comes_after_the_lease_costs_nothing_for_certain(reply):
    [work] = steps.claim(limit=1).assignments
    Reply.objects.get().move(to="unknown", billed="unknown")
    steps.hold_back(work, TOO_MANY, until=timezone.now())
    assert Reply.objects.values_list("state", "billed", "failure_kind").get() == ("failed", "no", "rate")


def test_an_answer_in_hand_outlasts_a_pause_beyond_the_lease(reply, clock):
    with step_by_step() as loop:
        [work] = steps.claim(limit=1).assignments
        worker = Worker(work, AccountingSegmind(), loop)
        worker.go_on()
        clock.shift(timedelta(minutes=2))
        Reply.objects.get().move(to="unknown", billed="unknown")
        worker.finish()
    reply.refresh_from_db()
    assert (reply.state, reply.billed) == ("completed", "yes")
