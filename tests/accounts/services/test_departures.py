"""An account ends after days of grace, or stays."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError
from django.test import Client

from accounts.models import ApiKey, AuditEntry, Invitation, Picture, User
from accounts.services import departures
from accounts.services.departures import delete_due_accounts, leave, stay
from accounts.services.pictures import set_picture
from accounts.tasks import delete_accounts
from tests.accounts.services.test_pictures import image_file
from tests.factories import ApiKeyFactory

pytestmark = pytest.mark.django_db
NOW = "2026-11-21T12:00:00Z"


def test_it_ends_after_the_days_of_grace_with_all_that_is_theirs(alice: User, bob: User) -> None:
    ApiKeyFactory.create(owner=alice)
    kept = ApiKeyFactory.create(owner=bob)
    set_picture(person=alice, file=image_file())
    Invitation.objects.create(email=alice.email, person=alice, expires_at="2026-12-01T00:00Z")
    with time_machine.travel(NOW, tick=False) as clock:
        leave(person=alice)
        clock.shift(timedelta(days=14) - timedelta(seconds=1))
        assert delete_due_accounts() == 0
        clock.shift(timedelta(seconds=1))
        assert delete_due_accounts() == 1
    assert list(User.objects.all()) == [bob]
    assert list(ApiKey.objects.all()) == [kept]
    assert not Picture.objects.exists()
    assert not Invitation.objects.exists()


def test_who_thinks_better_of_it_stays(alice: User) -> None:
    leave(person=alice)
    assert stay(person=alice)
    assert not stay(person=alice)
    with time_machine.travel("2027-11-21T12:00:00Z"):
        assert delete_due_accounts() == 0


def test_signing_in_again_is_thinking_better_of_it(client: Client, alice: User) -> None:
    leave(person=alice)
    client.force_login(alice)
    alice.refresh_from_db()
    assert alice.deletion_due_at is None


def test_who_stays_at_the_last_moment_is_not_deleted(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    delete = departures.delete_account

    def stay_first(person_id: int) -> bool:
        stay(person=alice)
        return delete(person_id)

    monkeypatch.setattr(departures, "delete_account", stay_first)
    with time_machine.travel(NOW, tick=False) as clock:
        leave(person=alice)
        clock.shift(timedelta(days=15))
        assert delete_due_accounts() == 0
    assert User.objects.filter(pk=alice.pk).exists()


def test_an_account_that_resists_does_not_keep_the_others(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = departures.delete_account

    def resist(person_id: int) -> bool:
        if person_id == alice.pk:
            raise DatabaseError
        return delete(person_id)

    monkeypatch.setattr(departures, "delete_account", resist)
    with time_machine.travel(NOW, tick=False) as clock:
        leave(person=alice)
        leave(person=bob)
        clock.shift(timedelta(days=15))
        assert delete_due_accounts() == 1
    assert list(User.objects.all()) == [alice]


def test_the_queue_looks_every_hour() -> None:
    assert delete_accounts.name == "accounts.tasks.delete_accounts"
    assert (delete_accounts.queueing_lock, delete_accounts.retry_strategy) == ("delete_due_accounts", None)


def test_all_of_it_is_recorded_without_a_name(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        leave(person=alice)
        stay(person=alice)
        stay(person=alice)
        leave(person=alice)
        clock.shift(timedelta(days=15))
        delete_due_accounts()
    entries = AuditEntry.objects.order_by("number")
    asked, undone, deleted = "person.deletion_asked", "person.deletion_undone", "person.deleted"
    assert list(entries.values_list("action", flat=True)) == [asked, undone, asked, deleted]
    assert "alice" not in str(list(entries.values())).lower()
