"""Trying again and stopping: what a person may do, and what only a person may decide."""

import pytest
from django.utils import timezone

from chat.models import Reply
from chat.services.replies import NeedsConfirmation, StillRunning, stop_reply, try_again


def end(reply: Reply, state: str, **changes: object) -> Reply:
    """Bring a queued reply to an end, as delivery would."""
    assert reply.move(to="submitting", submit_started_at=timezone.now())
    assert reply.move(to=state, **changes)
    return reply


def test_a_failed_reply_gets_a_second_attempt_at_the_same_message(reply):
    end(reply, "failed", failure_kind="upstream")
    answer = try_again(reply=reply)
    assert answer == reply.message
    assert [r.state for r in answer.replies.order_by("created_at")] == ["failed", "queued"]


def test_trying_again_twice_is_one_attempt(reply):
    end(reply, "failed", failure_kind="upstream")
    try_again(reply=reply)
    with pytest.raises(StillRunning):
        try_again(reply=reply)
    assert Reply.objects.count() == 2


def test_another_model_can_try(reply, haiku):
    end(reply, "failed", failure_kind="model")
    assert try_again(reply=reply, model=haiku).reply.model == haiku


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_what_may_have_been_billed_needs_a_persons_word(reply, state):
    end(reply, state, failure_kind="upstream", billed="unknown")
    with pytest.raises(NeedsConfirmation):
        try_again(reply=reply)
    assert Reply.objects.count() == 1
    try_again(reply=reply, confirmed=True)
    assert Reply.objects.count() == 2


def test_a_finished_answer_is_not_asked_for_again(reply):
    end(reply, "completed")
    with pytest.raises(StillRunning):
        try_again(reply=reply)


def test_stopping_before_it_was_sent_costs_nothing(reply):
    assert stop_reply(reply=reply)
    assert (reply.state, reply.billed) == ("stopped", "no")


def test_stopping_after_it_was_sent_may_still_cost(reply):
    reply.move(to="submitting", submit_started_at=timezone.now())
    assert stop_reply(reply=reply)
    assert (reply.state, reply.billed) == ("stopped", "unknown")


def test_of_two_who_move_a_reply_one_gets_there(reply):
    other = Reply.objects.get(pk=reply.pk)
    assert reply.move(to="submitting", submit_started_at=timezone.now())
    assert not other.move(to="stopped")
    assert Reply.objects.get(pk=reply.pk).state == "submitting"
