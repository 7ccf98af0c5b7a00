"""The balances of keys in use are asked for now and then."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import ApiKey, User
from accounts.services.key_checks import check_keys_in_use
from accounts.tasks import watch_balances
from tests.accounts.conftest import FakeSegmind
from tests.factories import ApiKeyFactory

NOW = timezone.now()
State = ApiKey.State


def ago(*, minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def check() -> None:
    with time_machine.travel(NOW, tick=False):
        async_to_sync(check_keys_in_use)()


@pytest.mark.django_db(transaction=True)
def test_keys_in_use_are_asked_for_every_ten_minutes_at_most(alice: User, segmind: FakeSegmind) -> None:
    due = [
        ApiKeyFactory.create(owner=alice, last_used_at=ago(minutes=1)),
        ApiKeyFactory.create(owner=None, last_used_at=ago(minutes=60), checked_at=ago(minutes=11)),
        ApiKeyFactory.create(
            owner=alice, last_used_at=ago(minutes=60), balance=1, balance_known_at=ago(minutes=11), state=State.REFUSED
        ),
    ]
    ApiKeyFactory.create(owner=alice)
    ApiKeyFactory.create(owner=alice, last_used_at=ago(minutes=60 * 25))
    ApiKeyFactory.create(owner=alice, last_used_at=ago(minutes=1), checked_at=ago(minutes=9))
    ApiKeyFactory.create(owner=alice, last_used_at=ago(minutes=1), balance=1, balance_known_at=ago(minutes=9))
    check()
    assert len(segmind.requests) == 3
    known = ApiKey.objects.filter(balance=Decimal("7.75"), state=State.WORKS, checked_at=NOW)
    assert set(known) == set(due)
    check()
    assert len(segmind.requests) == 3


@pytest.mark.django_db(transaction=True)
def test_a_silent_segmind_and_a_key_that_does_not_open_stop_no_other(alice: User, segmind: FakeSegmind) -> None:
    good, swapped = (ApiKeyFactory.create(owner=alice, last_used_at=NOW) for _ in range(2))
    ApiKey.objects.filter(pk=swapped.pk).update(ciphertext=good.ciphertext)
    segmind.status, segmind.body = 503, {}
    check()
    good.refresh_from_db()
    swapped.refresh_from_db()
    assert (good.state, good.checked_at) == (State.UNCHECKED, NOW)
    assert swapped.state == State.REFUSED
    assert "enter it again" in swapped.last_error
    assert len(segmind.requests) == 1


def test_the_queue_watches_every_minute() -> None:
    (periodic,) = (found for found in app.periodic_registry.periodic_tasks.values() if found.task is watch_balances)
    assert (periodic.cron, watch_balances.queueing_lock) == ("* * * * *", "balances")
