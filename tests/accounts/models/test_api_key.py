import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import ApiKey, User
from accounts.services.api_keys import open_key
from tests.factories import ApiKeyFactory, key_value

pytestmark = pytest.mark.django_db


def test_a_key_is_visible_to_its_owner_alone(alice: User, charlie: User) -> None:
    key = ApiKeyFactory.create(owner=alice)
    ApiKeyFactory.create(owner=None, label="the team's")
    assert list(ApiKey.objects.visible_to(alice)) == [key]
    assert list(ApiKey.objects.visible_to(charlie)) == []


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


def test_a_person_has_one_default_and_the_team_none(alice: User) -> None:
    ApiKeyFactory.create(owner=alice, is_default=True)
    other, teams = ApiKeyFactory.create(owner=alice), ApiKeyFactory.create(owner=None)
    for key, name in [(other, "api_key_one_default"), (teams, "api_key_default_owned")]:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            ApiKey.objects.filter(pk=key.pk).update(is_default=True)


@pytest.mark.parametrize("column", ["for_everyone", "is_paused"])
def test_a_persons_own_key_is_not_granted_to_others(alice: User, column: str) -> None:
    key = ApiKeyFactory.create(owner=alice)
    with pytest.raises(IntegrityError, match="only_the_teams_is_granted"), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(**{column: True})
