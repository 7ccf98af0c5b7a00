"""A key sends no more than its rate allows, whoever works; and those who share it take turns."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import hypothesis
import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st

from accounts.models import ApiKey
from chat.delivery import queue, steps
from chat.models import Reply
from chat.segmind import NotAccepted
from tests.chat.delivery.conftest import at_the_same_instant, queue_many
from tests.chat.sending import send
from tests.factories import ApiKeyFactory

TOO_MANY = NotAccepted(kind="rate", status=429)
ARRIVALS = st.lists(st.tuples(st.floats(0, 40), st.integers(1, 8)), min_size=1, max_size=6)


@pytest.fixture
def clock(db) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def set_rate(key: ApiKey, rate: int) -> None:
    ApiKey.objects.filter(pk=key.pk).update(rate=rate, paced_until=timezone.now())


def claim_until(clock: time_machine.Traveller, end: datetime | None) -> list[datetime]:
    """When each reply goes, up to `end` or until nothing is left, for a worker that looks when it is told to."""
    went = []
    while True:
        claim = queue.claim_due(limit=100)
        went += [timezone.now()] * len(claim.reply_ids)
        if claim.look_again_at is None or (end and claim.look_again_at >= end):
            break
        clock.move_to(claim.look_again_at)
    if end:
        clock.move_to(end)
    return went


def went_in_time(went: list[datetime], *, rate: int) -> None:
    """Between any two sendings there are no more than a minute's rate at once, and the rate from then on."""
    for first, start in enumerate(went):
        for last, end in enumerate(went[first:], first):
            allowed = rate + (end - start).total_seconds() * rate / 60
            assert last - first + 1 <= allowed + 0.001


@hypothesis.settings(max_examples=20, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(rate=st.integers(1, 20), arrivals=ARRIVALS)
def test_never_more_than_the_rate_and_its_burst_and_none_is_left(alice, alice_key, model, clock, rate, arrivals):
    with transaction.atomic():
        set_rate(alice_key, rate)
        went = []
        for seconds, number in arrivals:
            went += claim_until(clock, timezone.now() + timedelta(seconds=seconds))
            queue_many(number, person=alice, key=alice_key, model=model)
        went += claim_until(clock, None)
        went_in_time(went, rate=rate)
        assert len(went) == sum(number for _, number in arrivals)
        transaction.set_rollback(True)


def test_a_key_that_was_idle_sends_a_minutes_rate_at_once_and_then_one_per_step(alice, alice_key, model, clock):
    set_rate(alice_key, 6)
    queue_many(9, person=alice, key=alice_key, model=model)
    start = timezone.now()
    went = [round((moment - start).total_seconds()) for moment in claim_until(clock, None)]
    assert went == [0] * 6 + [10, 20, 30]


@pytest.mark.parametrize(("let_through", "learned"), [(0, 5), (4, 5), (7, 7), (50, 50), (60, 50)])
def test_a_429_teaches_what_was_let_through_in_the_last_minute(alice, alice_key, model, clock, let_through, learned):
    refused, *others = queue_many(let_through + 3, person=alice, key=alice_key, model=model)
    moments = [timezone.now() - timedelta(seconds=30)] * let_through + [timezone.now() - timedelta(seconds=61)] * 2
    for reply, moment in zip(others, moments, strict=True):
        reply.move(to="submitting", submit_started_at=moment)
    [work] = steps.claim(limit=1).assignments
    assert work.reply_id == refused.pk
    steps.hold_back(work, TOO_MANY, until=timezone.now() + timedelta(seconds=20))
    alice_key.refresh_from_db()
    assert alice_key.rate == learned
    assert bool(alice_key.rate_learned_at) == (learned < 50)


def test_after_a_429_nothing_goes_before_the_reset_and_then_one_per_step(alice, alice_key, model, clock):
    queue_many(4, person=alice, key=alice_key, model=model)
    until = timezone.now() + timedelta(seconds=20)
    [work] = steps.claim(limit=1).assignments
    steps.hold_back(work, TOO_MANY, until=until)
    went = [round((moment - until).total_seconds(), 3) for moment in claim_until(clock, None)]
    assert went == [0, 12, 24, 36]  # the rate that it taught is 5 per minute


def test_an_earlier_reset_does_not_shorten_the_wait(alice, alice_key, model, clock):
    queue_many(2, person=alice, key=alice_key, model=model)
    works = steps.claim(limit=2).assignments
    start = timezone.now()
    for work, seconds in zip(works, (60, 1), strict=True):
        steps.hold_back(work, TOO_MANY, until=start + timedelta(seconds=seconds))
    assert claim_until(clock, None)[0] >= start + timedelta(seconds=60)


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_instant_do_not_pass_the_rate(alice, model):
    key = ApiKeyFactory(owner=alice)
    set_rate(key, 10)
    queue_many(30, person=alice, key=key, model=model)
    claims = at_the_same_instant(4, lambda _: queue.claim_due(limit=100).reply_ids)
    claimed = [reply for claim in claims for reply in claim]
    assert len(claimed) == len(set(claimed)) == 10
    assert set(Reply.objects.filter(state="submitting").values_list("pk", flat=True)) == set(claimed)


def test_a_flood_of_one_person_does_not_hold_up_another_on_the_same_key(alice, bob, alice_key, model, clock):
    set_rate(alice_key, 1)
    queue_many(30, person=alice, key=alice_key, model=model)
    assert len(queue.claim_due(limit=100).reply_ids) == 1
    [of_bob] = queue_many(1, person=bob, key=alice_key, model=model)
    clock.shift(timedelta(seconds=2))
    queue.attach_places([of_bob])
    assert of_bob.place is not None
    assert of_bob.place.ahead == 0
    clock.shift(timedelta(seconds=58))
    assert queue.claim_due(limit=100).reply_ids == [of_bob.pk]


def test_two_with_a_flood_each_take_turns(alice, bob, alice_key, model, clock):
    set_rate(alice_key, 6)
    for person in (alice, bob):
        queue_many(5, person=person, key=alice_key, model=model)
    claimed = queue.claim_due(limit=100).reply_ids
    owners = Reply.objects.filter(pk__in=claimed).values_list("owner__name", flat=True)
    assert sorted(owners) == ["Alice"] * 3 + ["Bob"] * 3


def test_a_reply_waits_for_the_one_before_it_in_its_conversation_and_no_other(alice, reply, conversation, llama):
    behind = send(alice, "and then?", model=llama, conversation=conversation).answer.reply
    beside = send(alice, "something else", model=llama).answer.reply
    assert set(queue.claim_due(limit=100).reply_ids) == {reply.pk, beside.pk}
    assert queue.claim_due(limit=100).reply_ids == []
    Reply.objects.get(pk=reply.pk).move(to="completed", billed="yes")
    assert queue.claim_due(limit=100).reply_ids == [behind.pk]


def test_someone_disabled_holds_nobody_up(alice, bob, alice_key, model, clock):
    set_rate(alice_key, 1)
    queue_many(3, person=alice, key=alice_key, model=model)
    [of_bob] = queue_many(1, person=bob, key=alice_key, model=model)
    alice.is_active = False
    alice.save()
    assert queue.claim_due(limit=100).reply_ids == [of_bob.pk]
