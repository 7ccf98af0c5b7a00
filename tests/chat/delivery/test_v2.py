"""By v2: submitted once, then asked for, by whichever worker is there."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.utils import timezone

from chat.delivery import process, rescue, steps
from chat.models import Reply
from chat.services.replies import stop_reply
from tests.chat.sending import send

REQUEST = "3f0c9a52-8b7e-4f0d-9f43-0c3f9ad3a001"
ANSWER = {"content": [{"type": "text", "text": "Hi!"}], "stop_reason": "end_turn", "usage": {"input_tokens": 7}}
SUBMITTED = httpx.Response(200, json={"request_id": REQUEST, "status": "QUEUED"})
PROCESSING = httpx.Response(200, json={"request_id": REQUEST, "status": "PROCESSING"})
COMPLETED = httpx.Response(200, json={"request_id": REQUEST, "status": "COMPLETED"})
RESULT = httpx.Response(
    200,
    json={
        "request_id": REQUEST,
        "status": "COMPLETED",
        "output": json.dumps(ANSWER),
        "metrics": {"cost": 0.002, "remaining_credits": 20.5},
    },
)
FAILED = httpx.Response(422, json={"request_id": REQUEST, "status": "FAILED", "error": "unsafe", "metrics": {}})


@pytest.fixture
def reply(alice, alice_key, haiku) -> Reply:
    send(alice, "hello", model=haiku)
    return Reply.objects.get()


def at_segmind(reply: Reply) -> Reply:
    """As a worker leaves it that was killed while it asked."""
    past = timezone.now() - timedelta(seconds=60)
    reply.move(to="submitting", fence=1, submit_started_at=timezone.now(), lease_until=past)
    reply.move(to="processing", request_id=REQUEST)
    return reply


def test_one_submission_then_questions_then_the_answer(reply, segmind, deliver, pauses):
    segmind.answers = [SUBMITTED, PROCESSING, PROCESSING, COMPLETED, RESULT]
    reply = deliver(reply)

    assert (reply.state, reply.message.text, reply.request_id) == ("completed", "Hi!", REQUEST)
    assert (reply.cost, reply.remaining_credits) == (Decimal("0.002"), Decimal("20.5"))
    assert len(segmind.submitted) == 1
    assert pauses[0] == pytest.approx(0.4)
    assert pauses == sorted(pauses)


def test_a_fault_while_asking_is_no_reason_to_stop(reply, segmind, deliver):
    segmind.answers = [SUBMITTED, httpx.ReadTimeout(""), httpx.Response(503, text=""), COMPLETED, RESULT]
    assert deliver(reply).state == "completed"
    assert len(segmind.submitted) == 1


@pytest.mark.parametrize("answers", [[SUBMITTED, FAILED], [SUBMITTED, COMPLETED, FAILED]], ids=["status", "result"])
def test_a_model_that_failed_says_why_and_costs_nothing(reply, segmind, deliver, answers):
    segmind.answers = answers
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind, reply.failure_detail) == ("failed", "refused", "unsafe")
    assert reply.billed == "no"


def test_an_expired_result_is_never_sent_again(reply, segmind, deliver):
    segmind.answers = [SUBMITTED, httpx.Response(404, json={"error": "not found"})]
    reply = deliver(reply)
    assert (reply.state, len(segmind.submitted)) == ("failed", 1)
    assert reply.billed in ("yes", "unknown")


def test_a_request_that_never_finishes_becomes_unknown_within_the_hour(reply, segmind, deliver, pauses):
    segmind.answers = [SUBMITTED, PROCESSING]
    reply = deliver(reply)
    assert reply.state == "unknown"
    assert 40 * 60 < sum(pauses) < 60 * 60
    assert len(segmind.submitted) == 1


def test_a_submission_that_got_lost_is_unknown(reply, segmind, deliver):
    segmind.answers = [httpx.ReadTimeout("")]
    assert deliver(reply).state == "unknown"
    assert len(segmind.submitted) == 1


def test_another_worker_goes_on_asking_and_sends_nothing(reply, segmind, deliver):
    at_segmind(reply)
    segmind.answers = [COMPLETED, RESULT]
    reply = deliver(reply)
    assert (reply.state, reply.message.text, reply.fence) == ("completed", "Hi!", 2)
    assert segmind.submitted == []


def test_a_request_whose_worker_is_alive_is_left_to_it(reply, segmind, deliver):
    at_segmind(reply)
    Reply.objects.update(lease_until=timezone.now() + timedelta(seconds=20))
    deliver(reply)
    assert segmind.calls == []


def test_a_stopped_request_is_followed_to_its_cost_but_its_text_is_not_shown(reply, segmind, deliver):
    stop_reply(reply=at_segmind(reply))
    segmind.answers = [COMPLETED, RESULT]
    reply = deliver(reply)
    assert (reply.state, reply.billed, reply.cost, reply.message.text) == ("stopped", "yes", Decimal("0.002"), "")


def test_a_stopped_request_whose_cost_nobody_can_tell_is_asked_for_only_once(reply, segmind, deliver):
    stop_reply(reply=at_segmind(reply))
    segmind.answers = [httpx.Response(404, json={"error": "Request not found"})]
    reply = deliver(reply)
    assert (reply.state, reply.billed) == ("stopped", "unknown")
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert steps.take_over(limit=10) == []


def test_stopped_while_it_was_being_submitted(reply, segmind, deliver):
    segmind.answers = [SUBMITTED, COMPLETED, RESULT]
    segmind.meanwhile = lambda: stop_reply(reply=Reply.objects.get())
    reply = deliver(reply)
    assert (reply.state, reply.billed, reply.request_id) == ("stopped", "yes", REQUEST)


def test_a_request_is_taken_over_once(reply):
    at_segmind(reply)
    assert [work.fence for work in steps.take_over(limit=10)] == [2]
    assert steps.take_over(limit=10) == []


def test_rescue_never_sends_what_may_have_been_sent(reply, segmind, pauses):
    past = timezone.now() - timedelta(seconds=1)
    reply.move(to="submitting", fence=1, submit_started_at=past, lease_until=past)
    async_to_sync(rescue.rescue)()
    reply.refresh_from_db()
    assert (reply.state, reply.billed) == ("unknown", "unknown")
    assert segmind.calls == []


def test_a_worker_that_leaves_hands_its_request_to_the_next_one(reply, segmind, pauses):
    segmind.answers = [SUBMITTED]
    leaving = asyncio.Event()
    leaving.set()
    [work] = steps.claim(limit=1).assignments
    async_to_sync(process.carry_out)(work, leaving=leaving)
    assert Reply.objects.get().state == "processing"
    assert [next_one.request_id for next_one in steps.take_over(limit=1)] == [REQUEST]
