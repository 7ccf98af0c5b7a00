import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.services.api_keys import open_key
from tests.factories import ApiKeyFactory, key_value

pytestmark = pytest.mark.django_db
State = ApiKey.State


def test_a_key_is_visible_to_its_owner_alone(alice: User, charlie: User) -> None:
    key = ApiKeyFactory.create(owner=alice)
    ApiKeyFactory.create(owner=None, label="the team's")
    assert list(ApiKey.objects.visible_to(alice)) == [key]
    assert list(ApiKey.objects.visible_to(charlie)) == []


def test_usable_are_all_but_the_refused_the_newest_first_and_the_exhausted_last(alice: User) -> None:
    now = timezone.now()
    for minutes, state in enumerate([State.WORKS, State.UNCHECKED, State.REFUSED, State.EXHAUSTED]):
        ApiKeyFactory.create(owner=alice, label=state, state=state, created_at=now + timedelta(minutes=minutes))
    assert [key.label for key in ApiKey.objects.usable()] == [State.UNCHECKED, State.WORKS, State.EXHAUSTED]


def test_the_team_too_has_one_key_once() -> None:
    key = ApiKeyFactory.create(owner=None)
    twin = ApiKey(owner=None, label="twin", ciphertext=b"", fingerprint=key.fingerprint)
    with pytest.raises(IntegrityError, match="api_key_once_per_owner"), transaction.atomic():
        twin.save()


def test_a_balance_has_its_time(alice: User) -> None:
    key = ApiKeyFactory.create(owner=alice)
    with pytest.raises(IntegrityError, match="balance_known_at_iff_known"), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(balance=Decimal(1))


def test_neither_name_nor_representation_shows_a_secret(alice: User) -> None:
    value = key_value()
    key = ApiKeyFactory.create(owner=alice, label="Mine", value=value)
    shown = f"{key} {key!r} {[key]}"
    assert shown == f"Mine <ApiKey {key.pk}> [<ApiKey {key.pk}>]"


def test_the_id_is_known_before_the_row_is_there() -> None:
    assert isinstance(ApiKey().pk, uuid.UUID)


def test_the_database_holds_no_piece_of_the_value(alice: User) -> None:
    value = key_value()
    key = ApiKeyFactory.create(owner=alice, value=value)
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    stored = b"|".join(part if isinstance(part, bytes) else str(part).encode() for part in row.values())
    assert bytes(key.ciphertext) in stored
    assert value.reveal()[3:11].encode() not in stored
    assert open_key(key) == value
