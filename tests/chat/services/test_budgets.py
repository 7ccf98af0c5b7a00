"""Whom a budget binds, when it begins anew, and what is said when there is no room."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import ApiKey, Group, User
from accounts.services.invitations import accept, invite
from chat.delivery import steps
from chat.models import Budget, BudgetAdjustment, BudgetPeriod, Conversation, LanguageModel, Reply
from chat.models.refusal import Refusal
from chat.services.budgets import adjust, refusal_of, set_own_limit
from tests.chat.delivery.test_ledger import COST, answer
from tests.chat.sending import send
from tests.factories import PASSWORD

KIEV = "Europe/Kyiv"


def state_after(person: User, model: LanguageModel, **facts: Any) -> tuple[str, str]:
    reply = send(person, "hello", model=model, **facts).answer.reply
    assert reply
    return reply.state, reply.failure_kind


def current(budget: Budget) -> Budget:
    return Budget.objects.with_amounts().get(pk=budget.pk)


@pytest.fixture
def group(alice: User) -> Group:
    group = Group.objects.create(name="Designers")
    group.members.add(alice)
    return group


@pytest.mark.parametrize("scope", ["team", "person", "group", "conversation", "key"])
def test_a_budget_binds_those_it_is_for_and_nobody_else(scope, alice, bob, alice_key, llama, group, conversation):
    bobs = Group.objects.create(name="Others")
    bobs.members.add(bob)
    elsewhere = Conversation.objects.create(owner=alice, title="", updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    key = ApiKey.objects.create(owner=bob, label="Bob's", ciphertext=b"", fingerprint="0")
    for one in ({"owner": bob}, {"group": bobs}, {"conversation": elsewhere}, {"api_key": key}):
        Budget.objects.create(limit=0, **one)
    assert state_after(alice, llama, conversation=conversation) == ("queued", "")
    mine = {"person": {"owner": alice}, "group": {"group": group}, "conversation": {"conversation": conversation}}
    mine["key"] = {"api_key": alice_key}
    budget = Budget.objects.create(limit=llama.reservation, **mine.get(scope, {}))
    conversation.refresh_from_db()
    assert state_after(alice, llama, conversation=conversation) == ("queued", "")
    conversation.refresh_from_db()
    assert state_after(alice, llama, conversation=conversation) == ("failed", "budget")
    assert current(budget).reserved == llama.reservation


def test_all_that_bind_are_reserved_and_the_tightest_says_no(alice, alice_key, llama, group):
    Budget.objects.create(limit=llama.reservation * 3)
    tight = Budget.objects.create(group=group, limit=llama.reservation, window="day")
    Budget.objects.create(owner=alice, limit=llama.reservation * 2)
    send(alice, "hello", model=llama)
    assert {period.reserved for period in BudgetPeriod.objects.all()} == {llama.reservation}
    refused = send(alice, "again", model=llama).answer.reply
    refusal = refused.refusal
    assert (refusal.budget_id, refusal.name, refusal.credits) == (tight.pk, "Designers", llama.reservation)
    assert refusal.begins_anew == current(tight).resets_at
    assert BudgetPeriod.objects.count() == 3


def test_a_soft_limit_counts_but_refuses_nothing(alice, alice_key, llama):
    budget = Budget.objects.create(limit=0, is_hard=False)
    assert state_after(alice, llama) == ("queued", "")
    assert current(budget).reserved == llama.reservation


@pytest.mark.parametrize(
    ("window", "last", "first"),
    [
        ("day", "2026-11-21T21:59:59Z", "2026-11-21T22:00:00Z"),
        ("week", "2026-11-22T21:59:59Z", "2026-11-22T22:00:00Z"),  # a Sunday
        ("month", "2026-11-30T21:59:59Z", "2026-11-30T22:00:00Z"),
        ("day", "2026-10-24T20:59:59Z", "2026-10-24T21:00:00Z"),  # summer time ends on the 25th
        ("day", "2026-10-25T21:59:59Z", "2026-10-25T22:00:00Z"),
    ],
)
def test_a_window_begins_anew_at_midnight_where_the_budget_says(window, last, first, alice, alice_key, llama):
    budget = Budget.objects.create(limit=llama.reservation, window=window, time_zone=KIEV)
    with time_machine.travel(last, tick=False) as clock:
        assert state_after(alice, llama) == ("queued", "")
        assert state_after(alice, llama) == ("failed", "budget")
        assert current(budget).resets_at == datetime.fromisoformat(first)
        clock.move_to(first)
        assert current(budget).reserved == 0
        assert state_after(alice, llama) == ("queued", "")


def test_what_comes_after_midnight_counts_on_the_day_it_was_reserved(alice, alice_key, llama):
    # The key was added today, and nothing is sent by it before that.
    with time_machine.travel("2041-11-21T23:59:59Z", tick=False) as clock:
        budget = Budget.objects.create(limit=llama.reservation * 2, window="day")
        send(alice, "settled", model=llama)
        released = send(alice, "released", model=llama).answer.reply
        works = steps.claim(limit=2).assignments
        clock.move_to("2041-11-22T00:00:01Z")
        send(alice, "today", model=llama)
        for work in works:
            if work.reply_id == released.pk:
                Reply.objects.get(pk=work.reply_id).move(to="failed", failure_kind="request", billed="no")
            else:
                steps.complete(work, answer())
        assert (current(budget).reserved, current(budget).spent) == (llama.reservation, 0)
        clock.move_to("2041-11-21T23:00:00Z")
        assert (current(budget).reserved, current(budget).spent) == (0, COST)


def test_several_windows_hold_at_once(alice, alice_key, llama):
    Budget.objects.create(owner=alice, limit=llama.reservation, window="day")
    Budget.objects.create(owner=alice, limit=llama.reservation * 2, window="week")
    states = []
    with time_machine.travel("2026-11-18T12:00:00Z", tick=False) as clock:
        for day in ("18", "18", "19", "20"):
            clock.move_to(f"2026-11-{day}T12:00:00Z")
            reply = send(alice, "hello", model=llama).answer.reply
            states.append(reply.refusal.window if reply.refusal else reply.state)
    assert states == ["queued", "day", "queued", "week"]


def test_without_a_budget_it_is_one_query(alice, llama, django_assert_num_queries):
    Budget.objects.create(limit=0, is_for_newcomers=True)
    with transaction.atomic(), django_assert_num_queries(1):
        assert refusal_of(llama.reservation, person=alice) is None


@pytest.mark.parametrize(
    "facts",
    [{"time_zone": "Mars/Olympus"}, {"is_own": True}, {"window": "total"}],
    ids=["a zone nobody knows", "an own one of nobody", "twice for the same window"],
)
def test_the_database_takes_no_budget_that_could_not_be_kept(facts, db):
    Budget.objects.create(limit=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        Budget.objects.create(limit=1, **{"window": "day", **facts})
    assert Budget.objects.count() == 1


def test_a_budget_has_one_scope(alice, group):
    with pytest.raises(IntegrityError, match="one_scope"), transaction.atomic():
        Budget.objects.create(limit=1, owner=alice, group=group)


# --- One's own, newcomers, adjustments -----------------------------------------
def test_an_own_limit_binds_beside_the_one_of_an_administrator(alice, alice_key, llama):
    Budget.objects.create(owner=alice, limit=llama.reservation, window="month")
    set_own_limit(person=alice, window="month", limit=Decimal(0))
    assert send(alice, "hello", model=llama).answer.reply.refusal.is_own
    set_own_limit(person=alice, window="month", limit=Decimal(100))
    assert state_after(alice, llama) == ("queued", "")
    assert state_after(alice, llama) == ("failed", "budget")
    set_own_limit(person=alice, window="month", limit=None)
    assert list(Budget.objects.values_list("is_own", flat=True)) == [False]


def test_a_newcomer_gets_what_newcomers_get_and_the_limit_of_the_invitation(alice):
    Budget.objects.create(limit=3, window="month", is_for_newcomers=True, is_hard=False, time_zone=KIEV)
    Budget.objects.create(limit=50, window="total", is_for_newcomers=True)
    sent = invite(
        email="zoe@example.com", role="member", invited_by=alice, site_url="http://x/", budget_limit=Decimal(9)
    )
    zoe = accept(token=sent.link.split("/")[-2], name="Zoe", password=PASSWORD)
    facts = zoe.budgets.order_by("window").values_list("window", "limit", "is_hard", "time_zone")
    assert list(facts) == [("month", 3, False, KIEV), ("total", 9, True, "UTC")]


def test_an_adjustment_holds_for_its_window_alone(alice, bob, alice_key, llama):
    budget = Budget.objects.create(limit=0, window="day")
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as clock:
        adjust(budget=budget, amount=llama.reservation, reason="a big day", by=bob)
        assert state_after(alice, llama) == ("queued", "")
        assert state_after(alice, llama) == ("failed", "budget")
        clock.move_to("2026-11-22T12:00:00Z")
        assert state_after(alice, llama) == ("failed", "budget")


def test_an_adjustment_is_never_changed_and_outlives_budget_and_administrator(alice, bob):
    budget = Budget.objects.create(limit=0)
    adjust(budget=budget, amount=Decimal(2), reason="a refund", by=bob)
    for change in ("UPDATE chat_budgetadjustment SET amount = 1", "DELETE FROM chat_budgetadjustment"):
        with pytest.raises(IntegrityError, match="stays"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    budget.delete()
    bob.delete()
    kept = BudgetAdjustment.objects.get()
    assert (kept.amount, kept.reason, kept.by, kept.period) == (2, "a refund", None, None)


def test_what_is_no_refusal_is_not_read_as_one():
    assert [Refusal.read(text) for text in ("", "Budget exceeded", "[1]", "{}", '{"a": 1}')] == [None] * 5
