"""However reserving, settling, releasing, expiring, crashing, closing and granting follow one another: no hard limit of
any scope or window is passed, nothing is refused that had room, and what was settled is what Segmind has billed.

The machine keeps its own account of every window, by Python's calendar; after each step the database has the same.
"""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import hypothesis
import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import ApiKey, Group, User
from chat.delivery import queue, rescue, steps
from chat.models import Budget, BudgetPeriod, Conversation, Hold, LanguageModel, LedgerEntry, Reply
from chat.models.reply import COST_UNKNOWN
from chat.segmind import Billed, OutcomeUnknown, SegmindError
from chat.services.budgets import adjust
from chat.services.messages import send_message
from chat.services.replies import stop_reply
from chat.services.reply_closings import CLOSED_AFTER, close
from tests.chat.delivery.test_ledger import answer
from tests.factories import ApiKeyFactory

START = datetime(2026, 10, 24, 20, 30, tzinfo=UTC)  # of a Saturday, before the clocks of Kyiv are put back
ANY = st.integers(0, 1000)
SCOPES = st.sampled_from(["team", "owner", "group", "conversation", "api_key"])
WINDOWS = st.sampled_from(["day", "week", "month", "total"])
ZONES = st.sampled_from(["UTC", "Europe/Kyiv"])
# Of the 0.4 credits that are reserved: never more, as an estimate would have it that holds.
COSTS = st.sampled_from([Decimal(0), Decimal("0.0000000001"), Decimal("0.1"), Decimal("0.4")])


@dataclass
class Account:
    """Of one window of a budget."""

    granted: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)


def start_of(budget: Budget, at: datetime) -> datetime:
    """When the budget's window around `at` began."""
    if budget.window == "total":
        return datetime(1970, 1, 1, tzinfo=UTC)
    midnight = at.astimezone(ZoneInfo(budget.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    back = {"day": 0, "week": midnight.weekday(), "month": midnight.day - 1}[budget.window]
    return (midnight - timedelta(days=back)).astimezone(UTC)


class Money(RuleBasedStateMachine):
    clock: ClassVar[time_machine.Traveller]
    people: ClassVar[list[User]]
    model: ClassVar[LanguageModel]

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock.move_to(START)
        self.accounts: dict[tuple[int, datetime], Account] = defaultdict(Account)
        self.bound: dict[UUID, list[tuple[int, datetime]]] = {}
        self.billed: dict[UUID, Decimal] = {}  # Segmind's own ledger
        self.works: list[steps.Assignment] = []
        self.names = itertools.count()

    # --- The world ------------------------------------------------------------
    @initialize(
        budgets=st.lists(
            st.tuples(SCOPES, ANY, WINDOWS, ZONES, st.integers(1, 6), st.booleans()), min_size=3, max_size=9
        )
    )
    def agree_on_money(self, budgets: list[tuple[Any, ...]]) -> None:
        self.groups = [Group.objects.create(name=name) for name in ("Even", "All")]
        self.groups[0].members.set(self.people[:1])
        self.groups[1].members.set(self.people)
        self.keys = [ApiKeyFactory.create(owner=None, for_everyone=True, rate=32_000) for _ in range(2)]
        conversations = [Conversation(owner=person, title="", updated_at=START) for person in self.people]
        self.conversations = Conversation.objects.bulk_create(conversations)
        found = {}
        for scope, number, window, zone, units, is_hard in budgets:
            whose = None if scope == "team" else self.pick(scope, number)
            facts = {"limit": units * self.model.reservation, "time_zone": zone, "is_hard": is_hard}
            found[scope, whose, window] = facts | ({scope: whose} if whose else {})
        for (_scope, _whose, window), facts in found.items():
            Budget.objects.create(window=window, **facts)
        for number in range(4):
            self.reserve(person=number, key=number // 2, into_old=False, crashes=False)

    def pick(self, scope: str, number: int) -> Any:
        things: dict[str, list[Any]] = {
            "owner": self.people,
            "group": self.groups,
            "conversation": self.conversations,
            "api_key": self.keys,
        }
        return things[scope][number % len(things[scope])]

    def binding(self, person: User, conversation: Conversation, key: ApiKey) -> list[Budget]:
        groups = {group.pk for group in self.groups if person in group.members.all()}
        return [
            budget
            for budget in Budget.objects.all()
            if budget.scope == "team"
            or budget.owner_id == person.pk
            or budget.group_id in groups
            or budget.conversation_id == conversation.pk
            or budget.api_key_id == key.pk
        ]

    # --- What happens ---------------------------------------------------------
    # A process that crashes dies before the commit.
    @rule(person=ANY, key=ANY, into_old=st.booleans(), crashes=st.sampled_from([False, False, False, True]))
    def reserve(self, person: int, key: int, into_old: bool, crashes: bool) -> None:
        owner, chosen = self.pick("owner", person), self.pick("api_key", key)
        conversation = Conversation(owner=owner)
        if into_old:
            conversation = Conversation.objects.select_related("owner").get(pk=self.pick("conversation", person).pk)
        now, amount = timezone.now(), self.model.reservation
        windows = [(budget, (budget.pk, start_of(budget, now))) for budget in self.binding(owner, conversation, chosen)]
        has_room = all(
            not budget.is_hard or self.taken(window) + amount <= budget.limit + self.accounts[window].granted
            for budget, window in windows
        )
        with transaction.atomic():
            reply = self.send(conversation, chosen)
            transaction.set_rollback(crashes)
        assert (reply.state == "queued") == has_room, reply.refusal
        if has_room and not crashes:
            self.bound[reply.pk] = [window for _budget, window in windows]
            self.change(reply.pk, reserved=amount)

    def send(self, conversation: Conversation, key: ApiKey) -> Reply:
        turn = send_message(
            conversation=conversation,
            client_id=UUID(int=next(self.names)),
            text="hello",
            model=self.model,
            api_key_id=key.pk,
        )
        assert turn.answer.reply
        assert turn.answer.reply.api_key == key
        return turn.answer.reply

    def taken(self, window: tuple[int, datetime]) -> Decimal:
        return self.accounts[window].reserved + self.accounts[window].spent

    def change(self, reply_id: UUID, *, reserved: Decimal, spent: Decimal = Decimal(0)) -> None:
        for window in self.bound[reply_id]:
            self.accounts[window].reserved += reserved
            self.accounts[window].spent += spent

    def end(self, reply_id: UUID, *, spent: Decimal = Decimal(0)) -> None:
        self.change(reply_id, reserved=-self.model.reservation, spent=spent)

    @rule(number=ANY, cost=COSTS)
    def settle(self, number: int, cost: Decimal) -> None:
        if not (work := self.take(number)):
            return
        self.billed[work.reply_id] = cost
        was_given_up = Reply.objects.get(pk=work.reply_id).fence != work.fence
        steps.complete(work, answer(cost))
        if not was_given_up:
            self.end(work.reply_id, spent=cost)

    @rule(number=ANY)
    def release(self, number: int) -> None:
        if not (work := self.take(number)):
            return
        steps.fail(work, SegmindError(kind="request", status=400, billed=Billed.NO))
        self.end(work.reply_id)

    @rule(number=ANY, how=st.sampled_from(["lost", "gateway", "unpriced", "killed"]), cost=st.none() | COSTS)
    def lose(self, number: int, how: str, cost: Decimal | None) -> None:
        """Its cost stays unknown here, whether Segmind has billed it or not."""
        if not (work := self.take(number)):
            return
        if cost is not None:
            self.billed[work.reply_id] = cost
        if how == "lost":
            steps.fail(work, OutcomeUnknown(kind="upstream"), to="unknown")
        elif how == "gateway":
            steps.fail(work, SegmindError(kind="upstream", status=502))
        elif how == "unpriced":
            steps.complete(work, answer(None))

    def take(self, number: int) -> steps.Assignment | None:
        """One of those that workers hold; a worker looks for more first."""
        self.works += steps.claim(limit=2).assignments
        return self.works.pop(number % len(self.works)) if self.works else None

    @precondition(lambda self: Reply.objects.running().exists())
    @rule(number=ANY)
    def stop(self, number: int) -> None:
        running = list(Reply.objects.running().order_by("created_at"))
        reply = running[number % len(running)]
        stop_reply(reply=reply)
        if reply.state == "stopped" and reply.billed == "no":
            self.end(reply.pk)

    @rule(seconds=st.sampled_from([1, 40, 3600, 4 * 3600, 30 * 3600, 8 * 24 * 3600]))
    def wait(self, seconds: int) -> None:
        """Windows begin anew, leases end, and what waits for its person for too long is given up."""
        self.clock.shift(timedelta(seconds=seconds))
        rescue.end_lost_sendings()
        waiting = set(Reply.objects.filter(state="queued").values_list("pk", flat=True))
        rescue.stop_forgotten()
        for reply_id in Reply.objects.filter(pk__in=waiting, state="stopped").values_list("pk", flat=True):
            self.end(reply_id)
        gone = set(Reply.objects.exclude(state="submitting").values_list("pk", flat=True))
        self.works = [work for work in self.works if work.reply_id not in gone]

    @rule(number=ANY)
    def close_truthfully(self, number: int) -> None:
        """An administrator has seen in Segmind's own list what became of it."""
        late = Reply.objects.filter(COST_UNKNOWN, submit_started_at__lt=timezone.now() - CLOSED_AFTER)
        held = {work.reply_id for work in self.works}
        if found := [reply for reply in late.order_by("created_at") if reply.pk not in held]:
            reply = found[number % len(found)]
            cost = self.billed.get(reply.pk)
            close(reply=reply, cost=cost, reason="as Segmind says", by=self.people[0])
            self.end(reply.pk, spent=cost or Decimal(0))

    @rule(number=ANY)
    def grant(self, number: int) -> None:
        budgets = list(Budget.objects.order_by("pk"))
        budget = budgets[number % len(budgets)]
        adjust(budget=budget, amount=self.model.reservation, reason="more", by=self.people[0])
        self.accounts[budget.pk, start_of(budget, timezone.now())].granted += self.model.reservation

    @rule(person=ANY)
    def change_groups(self, person: int) -> None:
        """What was reserved while somebody was in a group counts there."""
        members, owner = self.groups[0].members, self.pick("owner", person)
        (members.remove if owner in members.all() else members.add)(owner)

    # --- What must hold -------------------------------------------------------
    @invariant()
    def the_accounts_agree(self) -> None:
        self.clock.shift(timedelta(milliseconds=1))
        limits = {budget.pk: budget for budget in Budget.objects.all()}
        periods = {(one.budget_id, one.starts_at.astimezone(UTC)): one for one in BudgetPeriod.objects.all()}
        for window, account in self.accounts.items():
            period = periods.pop(window, None)
            found = (period.granted, period.reserved, period.spent) if period else (0, 0, 0)
            assert found == (account.granted, account.reserved, account.spent), window
            budget = limits[window[0]]
            if budget.is_hard:
                assert self.taken(window) <= budget.limit + account.granted
        assert not periods

    def teardown(self) -> None:
        try:
            self.clock.shift(queue.LEASE + CLOSED_AFTER + queue.HELD_FOR)
            rescue.end_lost_sendings()
            self.works = []
            while Reply.objects.of_unknown_cost().exists():
                self.close_truthfully(0)
            settled = dict(LedgerEntry.objects.filter(kind="settle").values_list("reply_id", "amount"))
            assert settled == self.billed
            queued = Reply.objects.filter(state="queued").values_list("pk", flat=True)
            assert set(Hold.objects.values_list("reply_id", flat=True)) <= set(queued)
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)


@pytest.fixture
def machine(alice: User, bob: User, model: LanguageModel) -> type[Money]:
    Money.people, Money.model = [alice, bob], model
    return Money


def test_no_order_of_events_passes_a_limit_or_refuses_what_had_room(machine: type[Money]) -> None:
    with time_machine.travel(START, tick=False) as machine.clock:
        run_state_machine_as_test(
            machine,
            settings=hypothesis.settings(max_examples=12, stateful_step_count=40, deadline=None),
        )
