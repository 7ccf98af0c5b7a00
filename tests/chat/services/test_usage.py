"""The figures are those of the ledger at any moment, rolled up or not, and whatever comes late."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Group, User
from chat.models import Conversation, LanguageModel, Message, Reply, RolledDay
from chat.services import usage
from chat.services.usage import By, Figures, Period, figures, roll_up_what_is_over
from chat.services.usage_report import report

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 21, 12, tzinfo=ZoneInfo("UTC"))
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))

type Ask = Callable[..., Reply]


@pytest.fixture
def ask(llama: LanguageModel) -> Ask:
    def ask(person: User | None, at: datetime, *, seconds: float = 1, **fields: Any) -> Reply:
        """A reply of then, completed unless said."""
        fields = {"state": "completed", "billed": "yes", "cost": Decimal("0.25"), "model": llama} | fields
        tokens: dict[str, Any] = {"input_tokens": 10, "output_tokens": 5}
        fields |= tokens if fields["state"] == "completed" else {"failure_kind": "key"}
        reply = Reply.objects.create(
            owner=person,
            version="v1",
            key_label="Mine",
            submit_started_at=at,
            finished_at=at + timedelta(seconds=seconds),
            **fields,
        )
        Reply.objects.filter(pk=reply.pk).update(created_at=at)
        return reply

    return ask


def by_hand(period: Period) -> tuple[int, Decimal]:
    """What the replies themselves say."""
    first = datetime.combine(period.first, datetime.min.time(), ZoneInfo("UTC"))
    stop = datetime.combine(period.last + timedelta(days=1), datetime.min.time(), ZoneInfo("UTC"))
    replies = Reply.objects.filter(created_at__gte=first, created_at__lt=stop)
    costs = [reply.cost for reply in replies if reply.billed == "yes" and reply.cost is not None]
    return replies.count(), sum(costs, Decimal(0))


def total(period: Period = OCTOBER) -> Figures:
    return next(iter(figures(period)), Figures(None))


def test_figures_are_the_same_rolled_up_or_not(ask, alice, bob):
    for hours in range(0, 24 * 20, 7):
        ask(alice if hours % 2 else bob, NOW - timedelta(hours=hours), seconds=hours % 13)
    before = [figures(OCTOBER, by=by) for by in By]
    assert roll_up_what_is_over(now=NOW) == 20
    assert [figures(OCTOBER, by=by) for by in By] == before
    assert (total().replies, total().spent) == by_hand(OCTOBER)


def test_unknown_costs_are_counted_and_in_no_sum(ask, alice):
    ask(alice, NOW, cost=None)
    ask(alice, NOW, state="unknown", billed="unknown", cost=None)
    ask(alice, NOW, state="failed", billed="no", cost=None)
    assert (total().replies, total().unknown, total().failed, total().spent) == (3, 2, 1, 0)


def test_a_late_result_is_in_the_sums_at_once_and_after_the_next_roll_up(ask, alice):
    lost = ask(alice, NOW - timedelta(days=9), state="unknown", billed="unknown", cost=None)
    roll_up_what_is_over(now=NOW)
    assert total().unknown == 1
    Reply.objects.filter(pk=lost.pk).update(state="completed", billed="yes", cost=Decimal("0.5"))
    assert (total().unknown, total().spent) == (0, Decimal("0.5"))
    assert roll_up_what_is_over(now=NOW) == 2
    assert (total().unknown, total().spent) == (0, Decimal("0.5"))


def test_roll_up_can_be_made_anew(ask, alice):
    ask(alice, timezone.now() - timedelta(days=5))
    days = roll_up_what_is_over()
    usage.UsageDay.objects.update(spent=99)
    RolledDay.objects.update(spent=99)
    assert usage.rebuild() == days
    assert sum(RolledDay.objects.values_list("spent", flat=True)) == Decimal("0.25")
    assert list(usage.UsageDay.objects.values_list("spent", flat=True)) == [Decimal("0.25")]


@pytest.mark.parametrize(("hour", "newest"), [(0, 19), (1, 20)])
def test_a_day_is_rolled_up_from_an_hour_after_its_end(ask, alice, hour, newest):
    ask(alice, NOW - timedelta(days=3))
    roll_up_what_is_over(now=NOW.replace(hour=hour, minute=30))
    assert RolledDay.objects.latest("day").day == date(2026, 10, newest)


@pytest.mark.parametrize("change", [{"cost": Decimal(1)}, {"input_tokens": 1}])
def test_a_change_half_an_hour_after_the_answer_takes_its_day_out(ask, alice, change):
    reply = ask(alice, timezone.now() - timedelta(minutes=31))
    day = timezone.localdate(timezone.now() - timedelta(minutes=31))
    usage.roll_up(day)
    Reply.objects.filter(pk=reply.pk).update(**change)
    assert not RolledDay.objects.exists()


def test_taken_apart_by_person_group_model_key_and_time(ask, alice, bob, llama, haiku, alice_key):
    design = Group.objects.create(name="Design")
    design.members.add(alice)
    ask(alice, NOW - timedelta(days=10), api_key=alice_key)
    ask(bob, NOW, model=haiku, cost=Decimal(2))

    def apart(by: By) -> dict[Any, Decimal]:
        return {row.of: row.spent for row in figures(OCTOBER, by=by)}

    quarter, two = Decimal("0.25"), Decimal(2)
    assert apart(By.PERSON) == {alice.pk: quarter, bob.pk: two}
    assert apart(By.GROUP) == {design.pk: quarter}
    assert apart(By.MODEL) == {llama.pk: quarter, haiku.pk: two}
    assert apart(By.KEY) == {alice_key.pk: quarter, None: two}
    assert apart(By.DAY) == {date(2026, 10, 11): quarter, date(2026, 10, 21): two}
    assert apart(By.WEEK) == {date(2026, 10, 5): quarter, date(2026, 10, 19): two}
    assert apart(By.MONTH) == {date(2026, 10, 1): quarter + two}


def test_only_what_was_chosen_is_left(ask, alice, bob, haiku):
    ask(alice, NOW)
    ask(alice, NOW, model=haiku)
    ask(bob, NOW, model=haiku)
    assert [row.replies for row in figures(OCTOBER, only={By.MODEL: haiku.pk})] == [2]
    assert [row.replies for row in figures(OCTOBER, only={By.MODEL: haiku.pk, By.PERSON: bob.pk})] == [1]


def test_ones_own_go_by_ones_own_midnight(ask, alice, bob):
    ask(alice, datetime(2026, 10, 20, 23, tzinfo=ZoneInfo("UTC")))
    ask(bob, NOW)
    roll_up_what_is_over(now=NOW + timedelta(days=5))
    own = figures(OCTOBER, by=By.DAY, owner=alice, zone="Asia/Tokyo")
    assert [(row.of, row.replies) for row in own] == [(date(2026, 10, 21), 1)]


def test_the_period_before_is_as_long():
    assert OCTOBER.before == Period(date(2026, 8, 31), date(2026, 9, 30))


def test_nothing_asked_is_an_empty_list():
    assert figures(OCTOBER) == figures(OCTOBER, by=By.DAY) == []


@given(st.lists(st.floats(0.05, 800), min_size=1, max_size=60))
def test_waiting_times_are_told_to_about_a_fifth(seconds):
    counts = [0] * (len(usage.WAIT_BOUNDS) + 1)
    for one in seconds:
        counts[sum(one >= bound for bound in usage.WAIT_BOUNDS)] += 1
    told = Figures(None, waits=tuple(counts))
    for share, value in ((0.5, told.median), (0.95, told.p95)):
        true = sorted(seconds)[min(len(seconds) - 1, max(0, -(-round(share * len(seconds) * 1000) // 1000) - 1))]
        assert true / 1.41 - 0.1 <= value <= true * 1.41 + 0.1


STEP = st.tuples(
    st.integers(0, 6),  # days ago
    st.sampled_from(["completed", "failed", "unknown"]),
    st.decimals(0, 5, places=10) | st.none(),
    st.booleans(),  # roll up afterwards
)


@given(st.lists(STEP, max_size=8))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sums_equal_the_ledger_whatever_the_order(ask, alice, steps):
    Message.objects.all().delete()
    already, spent = by_hand(OCTOBER)
    for days, state, cost, then_roll_up in steps:
        billed = {"completed": "yes", "failed": "no", "unknown": "unknown"}[state]
        known = cost if state == "completed" else None
        ask(alice, NOW - timedelta(days=days), state=state, billed=billed, cost=known)
        if then_roll_up:
            roll_up_what_is_over(now=NOW)
    assert (total().replies, total().spent) == by_hand(OCTOBER)
    assert total().replies == already + len(steps)
    assert total().spent >= spent


def test_the_ten_conversations_that_cost_most_come_first(ask, alice, llama):
    design = Group.objects.create(name="Design")
    design.members.add(alice)
    for cost in range(12):
        conversation = Conversation.objects.create(owner=alice, model=llama, updated_at=NOW)
        message = Message.objects.create(conversation=conversation, role="assistant")
        ask(alice, NOW, cost=Decimal(cost), message=message)
    ask(alice, NOW, cost=Decimal(99))  # its conversation is gone
    for only in ({}, {By.GROUP: design.pk}):
        dearest = report(OCTOBER, unit=By.DAY, by=By.PERSON, only=only).dearest
        assert [row.now.spent for row in dearest] == list(range(11, 1, -1))
        assert {row.name for row in dearest} == {str(alice)}
        assert None not in {row.now.median for row in dearest}
