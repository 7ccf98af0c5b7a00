"""An administrator settles or releases what nobody knows the cost of."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, User
from chat.delivery import steps
from chat.models import Budget, Hold, LedgerEntry, Reply, ReplyClosing
from chat.segmind import OutcomeUnknown
from chat.services.reply_closings import NothingToClose, close
from tests.factories import PASSWORD

LIST = "/admin/chat/unknownreply/"


@pytest.fixture
def administrator(client, db) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    client.force_login(person)
    return person


@pytest.fixture
def lost(alice, reply) -> Reply:
    """Sent two hours ago."""
    [work] = steps.claim(limit=1).assignments
    steps.fail(work, OutcomeUnknown(kind="upstream"), to="unknown")
    Reply.objects.update(submit_started_at=timezone.now() - timedelta(hours=2))
    return Reply.objects.get()


@pytest.fixture
def budget(alice, alice_key) -> Budget:
    return Budget.objects.create(owner=alice, limit=10)


@pytest.mark.parametrize(
    ("typed", "kind", "spent"),
    [
        ({"outcome": "settle", "cost": "0.0123"}, "settle", Decimal("0.0123")),
        ({"outcome": "release", "cost": ""}, "release", Decimal(0)),
    ],
)
def test_it_is_closed_with_a_reason(client, administrator, budget, lost, typed, kind, spent):
    address = f"{LIST}{lost.pk}/closing/"
    assert address in client.get(LIST).content.decode()
    assert client.get(address).status_code == 200
    assert client.post(address, typed | {"reason": "Segmind's list says so"}).status_code == 302
    entry = LedgerEntry.objects.exclude(kind="reserve").get()
    assert (entry.kind, entry.amount) == (kind, spent or lost.reserved)
    now = Budget.objects.with_amounts().get()
    assert (now.reserved, now.spent) == (0, spent)
    assert not Hold.objects.exists()
    closing = ReplyClosing.objects.get()
    assert (closing.by, closing.reason) == (administrator, "Segmind's list says so")
    assert AuditEntry.objects.filter(action="reply.closed", actor=administrator).exists()
    assert client.post(address, typed | {"reason": "again"}).status_code == 200
    with pytest.raises(NothingToClose):
        close(reply=lost, cost=None, reason="again", by=administrator)
    assert LedgerEntry.objects.count() == 2


@pytest.mark.parametrize(
    "typed", [{}, {"outcome": "settle", "reason": "x"}, {"outcome": "settle", "cost": "-1", "reason": "x"}]
)
def test_what_is_missing_is_said_and_nothing_happens(client, administrator, lost, typed):
    answer = client.post(f"{LIST}{lost.pk}/closing/", typed)
    assert "errorlist" in answer.content.decode()
    assert LedgerEntry.objects.count() == 1


def test_within_an_hour_the_truth_may_still_come_in(client, administrator, lost):
    Reply.objects.update(submit_started_at=timezone.now() - timedelta(minutes=59))
    answer = client.post(f"{LIST}{lost.pk}/closing/", {"outcome": "release", "reason": "x"})
    assert "may still turn up" in answer.content.decode()
    assert LedgerEntry.objects.count() == 1
