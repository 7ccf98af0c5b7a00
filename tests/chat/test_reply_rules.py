"""What the database itself refuses, whatever the code tries."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.models import Reply

FINAL = ["completed", "failed", "stopped"]


@pytest.mark.parametrize("final", FINAL)
@pytest.mark.parametrize("other", ["queued", "submitting", "processing", "unknown", *FINAL])
def test_final_states_stay(reply, final, other):
    if other == final:
        pytest.skip("no step")
    everything = {"submit_started_at": timezone.now(), "failure_kind": "upstream"}
    Reply.objects.filter(pk=reply.pk).update(state=final, finished_at=timezone.now(), **everything)
    finished_at = None if other in ("queued", "submitting", "processing") else timezone.now()
    with pytest.raises(IntegrityError, match="final"), transaction.atomic():
        Reply.objects.filter(pk=reply.pk).update(state=other, finished_at=finished_at)


def test_one_live_reply_per_message(reply):
    with pytest.raises(IntegrityError, match="reply_one_live_per_message"), transaction.atomic():
        Reply.objects.create(message=reply.message, model=reply.model, version="v1", key_label="")


def test_finished_at_stands_exactly_at_the_finished(reply):
    with pytest.raises(IntegrityError, match="reply_finished_at_iff_finished"), transaction.atomic():
        Reply.objects.filter(pk=reply.pk).update(state="stopped")


def test_a_failure_has_a_reason(reply):
    with pytest.raises(IntegrityError, match="reply_failed_has_a_reason"), transaction.atomic():
        Reply.objects.filter(pk=reply.pk).update(state="failed", finished_at=timezone.now())


def test_one_request_id_per_key(reply, haiku):
    facts = {"model": haiku, "version": "v2", "key_label": "", "api_key": reply.api_key, "request_id": "r"}
    Reply.objects.create(**facts)
    with pytest.raises(IntegrityError, match="reply_request_once_per_key"), transaction.atomic():
        Reply.objects.create(**facts)


def test_a_step_that_a_reply_does_not_have_is_a_mistake(reply):
    with pytest.raises(ValueError, match="cannot go from queued to completed"):
        reply.move(to="completed")
