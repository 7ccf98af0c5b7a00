"""An administrator settles or releases what nobody knows the cost of."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry, User
from chat.delivery import steps
from chat.models import Budget, Hold, LedgerEntry, Reply, ReplyClosing
from chat.segmind import Billed, OutcomeUnknown, SegmindError
from chat.services.replies import stop_reply
from chat.services.reply_closings import NothingToClose, close
from tests.chat.delivery.test_ledger import answer
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


def ended(reply: Reply, how: str) -> None:
    """Sent two hours ago, and ended in one of the ways that leave the cost unknown."""
    [work] = steps.claim(limit=1).assignments
    if how == "failed":
        steps.fail(work, SegmindError(kind="upstream", status=502, billed=Billed.UNKNOWN))
    elif how == "stopped":
        stop_reply(reply=reply)
    else:
        steps.complete(work, answer(cost=None))
    Reply.objects.update(submit_started_at=timezone.now() - timedelta(hours=2))


@pytest.mark.parametrize("how", ["failed", "stopped", "completed"])
@pytest.mark.parametrize("outcome", ["settle", "release"])
def test_whatever_ended_with_an_unknown_cost_is_listed_and_closed(client, administrator, budget, reply, how, outcome):
    ended(reply, how)
    address = f"{LIST}{reply.pk}/closing/"
    assert address in client.get(LIST).content.decode()
    assert address in client.get(f"{LIST}{reply.pk}/change/").content.decode()
    cost = "0.01" if outcome == "settle" else ""
    assert client.post(address, {"outcome": outcome, "cost": cost, "reason": "as Segmind says"}).status_code == 302
    entry = LedgerEntry.objects.exclude(kind="reserve").get()
    assert (entry.kind, entry.amount) == (outcome, Decimal(cost or reply.reserved))
    now = Budget.objects.with_amounts().get()
    assert (now.reserved, now.spent, Hold.objects.count()) == (0, Decimal(cost or 0), 0)
    reply.refresh_from_db()
    assert (reply.state, reply.is_of_unknown_cost) == (how, False)
    assert f"{reply.pk}/" not in client.get(LIST).content.decode()
    for kept in ("no", "all"):
        page = client.get(f"{LIST}?unsettled={kept}").content.decode()
        assert ("settled" if outcome == "settle" else "released") in page


def test_what_costs_nothing_for_certain_or_is_under_way_is_no_matter_of_it(client, administrator, reply):
    steps.claim(limit=1)
    assert f"{LIST}{reply.pk}/" not in client.get(f"{LIST}?unsettled=all").content.decode()
    with pytest.raises(NothingToClose):
        close(reply=reply, cost=None, reason="x", by=administrator)


def test_the_list_is_served_by_an_index_that_has_these_alone(administrator, lost):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    newest = Reply.objects.of_unknown_cost().order_by("-submit_started_at")[:100]
    assert "reply_cost_unknown" in newest.explain()
