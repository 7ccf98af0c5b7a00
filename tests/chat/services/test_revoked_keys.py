"""Replies whose key is revoked: what waits fails with a plain reason and a way on, what is under way is followed."""

import pytest
from django.utils import timezone

from accounts.services.revocation import revoke_key
from chat.delivery import steps
from chat.models import Budget, Reply
from chat.models.budget import Hold
from chat.services.replies import try_again
from chat.services.usage import By, Period, figures
from tests.factories import ApiKeyFactory


@pytest.fixture
def revoked(alice_key, conversation, django_capture_on_commit_callbacks):
    Budget.objects.create(limit=100)
    with django_capture_on_commit_callbacks(execute=True):
        revoke_key(key=alice_key)
    return alice_key


def test_what_waits_fails_unbilled_and_says_why(client, alice, conversation, reply, revoked):
    reply.refresh_from_db()
    assert (reply.state, reply.failure_kind, reply.billed, reply.lost_its_key) == ("failed", "key", "no", True)
    assert list(reply.entries.values_list("kind", flat=True).order_by("pk")) == ["reserve", "release"]
    assert not Hold.objects.exists()
    client.force_login(alice)
    page = client.get(conversation.get_absolute_url()).content.decode()
    assert "An administrator has revoked the API key, so this was not sent." in page
    assert "Use another key" in page
    assert "parley: revoked" not in page


def test_it_is_tried_again_with_another_key(alice, reply, revoked, segmind, deliver):
    reply.refresh_from_db()
    other = ApiKeyFactory.create(owner=alice)
    answer = try_again(reply=reply)
    assert deliver(answer.reply).state == "completed"
    assert Reply.objects.get(pk=answer.reply.pk).api_key == other


def test_one_that_a_worker_finds_still_queued_fails_like_the_others(alice_key, reply):
    revoke_key(key=alice_key)  # and the process died before it came to the replies
    assert steps.claim(limit=5).assignments == []
    reply.refresh_from_db()
    assert (reply.state, reply.lost_its_key) == ("failed", True)


def test_one_under_way_goes_on_and_its_cost_stays_with_the_key(alice_key, reply, segmind, deliver):
    segmind.meanwhile = lambda: revoke_key(key=alice_key)
    done = deliver(reply)
    assert (done.state, done.api_key) == ("completed", alice_key)
    alice_key.refresh_from_db()
    assert not alice_key.can_pay
    today = timezone.localdate()
    assert {row.of: row.spent for row in figures(Period(today, today), by=By.KEY)} == {alice_key.pk: done.cost}
