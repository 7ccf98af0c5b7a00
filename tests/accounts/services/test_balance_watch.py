"""The balances of keys in use are asked for now and then, and a low one is told by mail, once a day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import ApiKey, User
from accounts.services.balance_warnings import warn, warn_of_low_balances
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


def low_key(owner: User | None, **fields: object) -> ApiKey:
    return ApiKeyFactory.create(owner=owner, **{"balance": Decimal("0.5"), "balance_known_at": NOW, **fields})


@pytest.mark.django_db
def test_the_owner_of_a_low_key_is_told_once_a_day(alice: User) -> None:
    low_key(alice, label="Mine")
    low_key(alice, warn_below=None)
    low_key(alice, warn_below=Decimal("0.5"))
    ApiKeyFactory.create(owner=alice)
    for hours, mails in [(0, 1), (23, 1), (25, 2)]:
        with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
            warn_of_low_balances()
            warn_of_low_balances()
        assert len(mail.outbox) == mails
    assert (mail.outbox[0].to, mail.outbox[0].subject) == (["alice@example.com"], "Few credits left on “Mine”")
    assert "“Mine” has 0.5 credits left, which is below 1." in mail.outbox[0].body


@pytest.mark.django_db
def test_the_administrators_are_told_of_a_key_of_the_team(alice: User, bob: User) -> None:
    User.objects.filter(pk=alice.pk).update(role=User.Role.ADMINISTRATOR)
    key = low_key(None)
    warn_of_low_balances()
    assert [message.to for message in mail.outbox] == [["alice@example.com"]]
    assert "a key of your team" in mail.outbox[0].body
    User.objects.update(is_active=False)
    ApiKey.objects.filter(pk=key.pk).update(warned_at=None)
    warn_of_low_balances()
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_writes(alice: User) -> None:
    key = ApiKey.objects.select_related("owner").get(pk=low_key(alice).pk)

    def warn_in_a_worker(_: int) -> None:
        warn(key)
        connection.close()

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(warn_in_a_worker, range(16)))
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_a_mail_that_could_not_leave_is_tried_again(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> int:
        raise ConnectionRefusedError

    low_key(alice)
    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    warn_of_low_balances()
    monkeypatch.undo()
    warn_of_low_balances()
    warn_of_low_balances()
    assert len(mail.outbox) == 1
