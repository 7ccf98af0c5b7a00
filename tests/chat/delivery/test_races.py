"""Delivered twice, finished late, written in a row: the claim goes to one, and nothing is sent twice."""

from datetime import timedelta

from asgiref.sync import async_to_sync
from django.utils import timezone

from chat.delivery import process, steps
from chat.models import Reply
from chat.segmind import OutcomeUnknown
from chat.services.replies import try_again
from tests.chat.conftest import v1_answer
from tests.chat.sending import send


def test_a_job_delivered_twice_sends_once(reply, segmind, deliver):
    deliver(reply)
    deliver(reply)
    assert len(segmind.submitted) == 1


def test_a_second_worker_finds_nothing_to_do_while_the_first_sends(reply, segmind, deliver):
    claims = []
    segmind.meanwhile = lambda: claims.extend(steps.claim(limit=10).assignments)
    assert deliver(reply).state == "completed"
    assert claims == []


def test_the_lost_answer_that_turns_up_after_all_is_kept(reply):
    [work] = steps.claim(limit=1).assignments
    steps.fail(work, OutcomeUnknown(kind="upstream", detail=""), to="unknown")
    late = Reply.objects.get(pk=reply.pk)
    assert late.move(to="completed", billed="yes")


def test_the_lost_answer_comes_too_late_when_another_attempt_has_begun(reply):
    [work] = steps.claim(limit=1).assignments
    steps.fail(work, OutcomeUnknown(kind="upstream", detail=""), to="unknown")
    try_again(reply=Reply.objects.get(pk=reply.pk), confirmed=True)
    steps.fail(work, OutcomeUnknown(kind="upstream", detail="late"))
    assert Reply.objects.get(pk=reply.pk).state == "unknown"


def test_a_worker_whose_reply_was_taken_over_writes_nothing(reply):
    [work] = steps.claim(limit=1).assignments
    Reply.objects.update(fence=work.fence + 1)
    steps.fail(work, OutcomeUnknown(kind="upstream", detail=""))
    assert Reply.objects.get(pk=reply.pk).state == "submitting"


def test_a_message_written_meanwhile_is_sent_after_the_reply_before_it(
    alice, reply, conversation, llama, segmind, deliver
):
    second = send(alice, "and then?", model=llama, conversation=conversation).answer.reply
    segmind.answers = [v1_answer("Hi!")]
    assert deliver(second).state == "completed"
    assert [turn["content"] for turn in segmind.submitted[-1]["messages"]] == ["hello", "Hi!", "and then?"]


def test_a_worker_that_must_go_says_that_the_outcome_is_unknown(reply, segmind, deliver):
    [work] = steps.claim(limit=1).assignments
    async_to_sync(process.interrupted)(work)
    assert Reply.objects.get(pk=reply.pk).state == "unknown"


def test_a_lease_is_not_renewed_for_what_another_worker_has_taken_over(reply):
    [work] = steps.claim(limit=1).assignments
    Reply.objects.update(lease_until=timezone.now(), fence=work.fence + 1)
    steps.renew({work.reply_id: work.fence})
    assert Reply.objects.get().lease_until < timezone.now()


def test_a_lease_is_renewed_for_all_that_is_held(reply):
    [work] = steps.claim(limit=1).assignments
    Reply.objects.update(lease_until=timezone.now())
    steps.renew({work.reply_id: work.fence})
    assert Reply.objects.get().lease_until > timezone.now() + timedelta(seconds=20)
