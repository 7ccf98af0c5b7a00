"""However reserving, settling, releasing, crashing, granting and midnights meet: no hard limit is passed."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import hypothesis
import pytest
import time_machine
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import Group, User
from accounts.services import api_keys
from chat.models import Budget, BudgetPeriod, Hold, LanguageModel, LedgerEntry, Reply
from chat.segmind import KeyValue
from chat.services.budgets import adjust
from tests.chat.delivery.conftest import at_the_same_instant
from tests.chat.sending import send
from tests.factories import ApiKeyFactory, PersonFactory

START = datetime(2026, 11, 21, 20, tzinfo=UTC)
ANY = st.integers(0, 1000)
ZONES = ("UTC", "Asia/Kathmandu", "America/New_York")


class Periods(RuleBasedStateMachine):
    people: ClassVar[list[User]]
    group: ClassVar[Group]
    model: ClassVar[LanguageModel]
    clock: ClassVar[time_machine.Traveller]

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock.move_to(START)
        # Which periods each reply was reserved in, as (budget, first moment).
        self.reserved_in: dict[Any, set[tuple[int, datetime]]] = {}
        self.granted: dict[tuple[int, datetime], Decimal] = defaultdict(Decimal)

    @initialize(windows=st.lists(st.sampled_from(Budget.Window.values), min_size=4, max_size=4), room=st.integers(0, 3))
    def set_budgets(self, windows: list[str], room: int) -> None:
        scopes: list[dict[str, Any]] = [{}, {"group": self.group}, {"owner": self.people[0]}, {"owner": self.people[1]}]
        for number, (scope, window) in enumerate(zip(scopes, windows, strict=True)):
            limit = self.model.reservation * (room + 1 + number % 2)
            zone = ZONES[number % len(ZONES)]
            Budget.objects.create(limit=limit, window=window, time_zone=zone, is_hard=number != 3, **scope)

    # A process that crashes dies before the commit.
    @rule(person=ANY, crashes=st.booleans())
    def reserve(self, person: int, crashes: bool) -> None:
        owner = self.people[person % 2]
        with transaction.atomic():
            reply = send(owner, "hello", model=self.model).answer.reply
            transaction.set_rollback(crashes)
        if crashes:
            return
        assert reply
        binding = Budget.objects.that_bind(owner).with_amounts()
        if reply.state == "queued":
            self.reserved_in[reply.pk] = {(budget.pk, budget.starts_at) for budget in binding}
        else:
            assert any(budget.is_hard and budget.left < reply.reserved for budget in binding)

    @rule(number=ANY, percent=st.integers(0, 100), is_billed=st.booleans(), crashes=st.booleans())
    def close(self, number: int, percent: int, is_billed: bool, crashes: bool) -> None:
        if not (waiting := list(Reply.objects.filter(state="queued").order_by("created_at", "pk"))):
            return
        reply = waiting[number % len(waiting)]
        cost = reply.reserved * percent / 100 if is_billed else None
        with transaction.atomic():
            reply.move(to="stopped", billed="yes" if is_billed else "no", cost=cost)
            transaction.set_rollback(crashes)

    @rule(hours=st.sampled_from([1, 5, 24, 24 * 7, 24 * 31]))
    def expire(self, hours: int) -> None:
        self.clock.shift(timedelta(hours=hours))

    @rule(number=ANY)
    def grant(self, number: int) -> None:
        budgets = list(Budget.objects.with_amounts().order_by("pk"))
        budget = budgets[number % len(budgets)]
        adjust(budget=budget, amount=self.model.reservation, reason="more", by=self.people[0])
        self.granted[budget.pk, budget.starts_at] += self.model.reservation

    @invariant()
    def no_hard_limit_is_passed(self) -> None:
        for period in BudgetPeriod.objects.select_related("budget"):
            in_force = period.budget.limit + period.granted
            assert not period.budget.is_hard or period.reserved + period.spent <= in_force

    @invariant()
    def sums_equal_the_entries(self) -> None:
        entries: dict[Any, dict[str, Decimal]] = defaultdict(dict)
        for reply_id, kind, amount in LedgerEntry.objects.values_list("reply_id", "kind", "amount"):
            entries[reply_id][kind] = amount
        assert set(entries) == set(self.reserved_in)
        reserved: dict[Any, Decimal] = defaultdict(Decimal)
        spent: dict[Any, Decimal] = defaultdict(Decimal)
        for reply_id, kinds in entries.items():
            for period in self.reserved_in[reply_id]:
                reserved[period] += kinds["reserve"] if len(kinds) == 1 else 0
                spent[period] += kinds.get("settle", 0)
        for row in BudgetPeriod.objects.all():
            key = (row.budget_id, row.starts_at)
            assert (row.reserved, row.spent) == (reserved[key], spent[key])
            assert row.granted == self.granted[key]
        assert sum(hold.amount for hold in Hold.objects.all()) == sum(reserved.values())

    def teardown(self) -> None:
        connection.check_constraints()
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)


def test_whatever_happens_in_whatever_order_no_limit_is_passed(alice, bob, llama):
    group = Group.objects.create(name="Both")
    group.members.add(alice, bob)
    for number, person in enumerate((alice, bob)):
        api_keys.add_key(owner=person, label="key", value=KeyValue(f"SG_{number:016x}"))
    Periods.people, Periods.group, Periods.model = [alice, bob], group, llama
    with time_machine.travel(START, tick=False) as Periods.clock:
        run_state_machine_as_test(
            Periods, settings=hypothesis.settings(max_examples=25, stateful_step_count=25, deadline=None)
        )


@pytest.mark.django_db(transaction=True)
def test_of_twenty_people_of_a_group_at_the_same_instant_with_money_for_one_a_single_one_goes(model):
    people = PersonFactory.create_batch(20)
    group = Group.objects.create(name="All")
    group.members.set(people)
    for person in people:
        ApiKeyFactory(owner=person)
    Budget.objects.create(group=group, limit=model.reservation, window="day")
    Budget.objects.create(limit=model.reservation * 3, window="month")
    replies = at_the_same_instant(20, lambda turn: send(people[turn], "hello", model=model).answer.reply)
    assert sorted(reply.state for reply in replies if reply) == ["failed"] * 19 + ["queued"]
    assert {period.reserved for period in BudgetPeriod.objects.all()} == {model.reservation}
