"""What must hold of the books after every step: the failure model's invariants, as far as one process sees them."""

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from chat.models import Budget, Hold, LedgerEntry, Message, Reply
from tests.chat.delivery.accounting_segmind import AccountingSegmind

FINAL = {"completed", "failed", "stopped"}
COLUMNS = ("id", "message_id", "state", "failure_kind", "billed", "cost", "reserved", "submit_started_at", "owner_id")


def replies_in_the_books() -> list[dict[str, Any]]:
    return list(Reply.objects.order_by("created_at").values(*COLUMNS))


def check_money(replies: list[dict[str, Any]]) -> None:
    """I5, and that ledger, holds, budgets and replies tell the same."""
    entries: dict[UUID, dict[str, Decimal]] = defaultdict(dict)
    for reply_id, kind, amount in LedgerEntry.objects.values_list("reply_id", "kind", "amount"):
        assert kind not in entries[reply_id]
        entries[reply_id][kind] = amount
    holds: dict[int, Decimal] = defaultdict(Decimal)
    held = set()
    for reply_id, budget_id, amount in Hold.objects.values_list("reply_id", "period__budget_id", "amount"):
        holds[budget_id] += amount
        held.add(reply_id)
    for reply in replies:
        assert entries[reply["id"]] == entries_due(reply), reply
        assert reply["id"] not in held or len(entries[reply["id"]]) == 1, reply
    for budget in Budget.objects.with_amounts():
        assert budget.reserved == holds[budget.pk]
        assert budget.spent == spent_since(budget, replies, entries)
        assert budget.taken <= budget.limit_in_force


def entries_due(reply: dict[str, Any]) -> dict[str, Decimal]:
    """The entries that a reply has to have, and no others."""
    if reply["failure_kind"] == "budget":
        return {}
    due = {"reserve": reply["reserved"]}
    if reply["billed"] == "yes" and reply["cost"] is not None:
        due["settle"] = reply["cost"]
    if reply["billed"] == "no" and reply["state"] in FINAL:
        due["release"] = reply["reserved"]
    return due


def spent_since(budget: Budget, replies: list[dict[str, Any]], entries: dict[UUID, dict[str, Decimal]]) -> Decimal:
    """Settled for those whom the budget binds. The budgets of these tests are as old as the first reply."""
    bound = [reply["id"] for reply in replies if budget.owner_id in (None, reply["owner_id"])]
    return sum((entries[reply_id].get("settle", Decimal(0)) for reply_id in bound), Decimal(0))


def may_go() -> set[UUID]:
    """The queued replies that may be sent: no answer above is on its way, and none failed since that was waited for."""
    free = set()
    for reply in Reply.objects.filter(state="queued", message__isnull=False).select_related("message__parent"):
        assert reply.message
        assert reply.message.parent
        attempts = Reply.objects.filter(message=reply.message.parent.parent_id).exclude(message=None)
        above = attempts.order_by("created_at").last()
        is_held = (
            above is not None
            and above.state in ("failed", "unknown")
            and above.finished_at
            and above.finished_at >= reply.created_at
        )
        if above is None or not (above.is_running or (is_held and not reply.goes_regardless)):
            free.add(reply.pk)
    return free


def check_texts(acknowledged: dict[UUID, str], replies: list[dict[str, Any]]) -> None:
    """I1: every acknowledged text is there. I3, I7: an answer stands under its own question, if it was completed."""
    messages = {message.pk: message for message in Message.objects.only("role", "text", "parent_id")}
    assert {pk: messages[pk].text for pk in acknowledged} == acknowledged
    completed = [reply["message_id"] for reply in replies if reply["state"] == "completed" and reply["message_id"]]
    assert len(completed) == len(set(completed))
    for message in messages.values():
        if message.is_from_user:
            continue
        question = messages[message.parent_id] if message.parent_id else None
        assert question is not None
        assert bool(message.text) == (message.pk in completed)
        assert not message.text or message.text.endswith(f" to {question.text}")


def check_calls(segmind: AccountingSegmind, replies: list[dict[str, Any]], keys: dict[UUID, str]) -> None:
    """I8: each call under an attempt of its own that is in the books, at most one per claim, with that one's key."""
    attempts = {reply["id"]: reply for reply in replies}
    assert len({(reply_id, fence) for reply_id, fence, _ in segmind.posts}) == len(segmind.posts)
    for reply_id, _, key in segmind.posts:
        assert reply_id in attempts
        assert keys[reply_id] == key


def check_costs(segmind: AccountingSegmind) -> None:
    """I6: what was settled is what was billed, apart from exactly those of which nobody can know."""
    billed, unknown = segmind.billed(), set()
    for reply in replies_in_the_books():
        if reply["billed"] == "unknown" or (reply["billed"] == "yes" and reply["cost"] is None):
            unknown.add(reply["id"])
        else:
            assert (reply["cost"] or 0) == billed.get(reply["id"], 0), reply
    assert unknown <= segmind.in_doubt


def check_that_deferred_rules_hold() -> None:
    """Foreign keys, which are only checked at the end of a transaction, and a test never gets there."""
    connection.check_constraints()
