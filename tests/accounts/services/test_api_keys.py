from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import vault
from accounts.models import ApiKey, User
from accounts.services import api_keys
from accounts.vault import CannotOpen
from tests.factories import ApiKeyFactory, key_value

pytestmark = pytest.mark.django_db
State = ApiKey.State


def test_a_key_is_sealed_for_its_row_and_owner(alice: User, bob: User) -> None:
    value = key_value()
    key = api_keys.add_key(owner=alice, label="Mine", value=value)
    key.refresh_from_db()
    assert api_keys.open_key(key) == value
    assert (key.state, key.balance) == (State.UNCHECKED, None)
    key.owner = bob
    with pytest.raises(CannotOpen):
        api_keys.open_key(key)


def test_rows_swapped_in_the_database_do_not_open(alice: User) -> None:
    first, second = ApiKeyFactory.create(owner=alice), ApiKeyFactory.create(owner=alice)
    ApiKey.objects.filter(pk=first.pk).update(ciphertext=second.ciphertext)
    first.refresh_from_db()
    with pytest.raises(CannotOpen):
        api_keys.open_key(first)


def test_the_same_key_is_added_once_per_owner(alice: User, bob: User) -> None:
    value = key_value()
    api_keys.add_key(owner=alice, label="Mine", value=value)
    with pytest.raises(api_keys.KeyAlreadyAdded) as caught:
        api_keys.add_key(owner=alice, label="Again", value=value)
    assert caught.value.label == "Mine"
    api_keys.add_key(owner=bob, label="Bob's", value=value)
    api_keys.add_key(owner=None, label="The team's", value=value)
    assert ApiKey.objects.count() == 3


def test_two_adding_the_same_key_at_once_is_one_key(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    value = key_value()
    api_keys.add_key(owner=alice, label="Mine", value=value)
    # The other one's row is not to be seen yet when this one looks.
    monkeypatch.setattr(vault, "fingerprints", lambda value: [])
    with pytest.raises(api_keys.KeyAlreadyAdded):
        api_keys.add_key(owner=alice, label="Mine too", value=value)
    assert ApiKey.objects.count() == 1


def test_a_new_value_takes_the_place_of_the_old_one_in_the_same_row(alice: User) -> None:
    key = ApiKeyFactory.create(owner=alice, state=State.REFUSED, last_error="Invalid key", is_default=True)
    value = key_value()
    api_keys.replace_value(key=key, value=value)
    again = ApiKey.objects.get(pk=key.pk)
    assert api_keys.open_key(again) == value
    assert (again.state, again.last_error, again.is_default) == (State.UNCHECKED, "", True)


def test_a_value_that_one_has_already_replaces_no_other(alice: User) -> None:
    value = key_value()
    ApiKeyFactory.create(owner=alice, label="First", value=value)
    key = ApiKeyFactory.create(owner=alice)
    with pytest.raises(api_keys.KeyAlreadyAdded) as caught:
        api_keys.replace_value(key=key, value=value)
    assert caught.value.label == "First"
    api_keys.replace_value(key=ApiKey.objects.get(label="First"), value=value)


def test_of_ones_keys_one_is_the_default(alice: User, bob: User) -> None:
    first, second, other = (ApiKeyFactory.create(owner=owner) for owner in (alice, alice, bob))
    for key in (other, first, second, second):
        api_keys.make_default(key=key)
    assert set(ApiKey.objects.filter(is_default=True)) == {second, other}


def test_a_rate_its_owner_sets_is_no_longer_a_learned_one(alice: User) -> None:
    key = ApiKeyFactory.create(owner=alice, rate=12, rate_learned_at=timezone.now())
    api_keys.change_key(key=key, label="New name", rate=12, warn_below=None)
    key.refresh_from_db()
    assert (key.label, key.warn_below, key.rate_learned_at is None) == ("New name", None, False)
    api_keys.change_key(key=key, label="New name", rate=50, warn_below=None)
    key.refresh_from_db()
    assert (key.rate, key.rate_learned_at) == (50, None)


def test_only_a_key_of_the_team_is_granted_or_paused(alice: User, bob: User) -> None:
    own = ApiKeyFactory.create(owner=alice)
    api_keys.grant_key(key=own, for_everyone=True, people=[])
    api_keys.pause_key(key=own, is_paused=True)
    own.refresh_from_db()
    assert (own.for_everyone, own.is_paused) == (False, False)


def test_a_removed_key_is_gone(alice: User) -> None:
    key, other = ApiKeyFactory.create(owner=alice), ApiKeyFactory.create(owner=alice)
    api_keys.remove_key(key=key)
    assert list(ApiKey.objects.all()) == [other]


def test_an_answer_brings_the_balance_and_proves_that_the_key_works(alice: User) -> None:
    key = ApiKeyFactory.create(owner=alice, state=State.REFUSED, last_error="Invalid key")
    api_keys.note_balance(key_id=key.pk, credits=Decimal("3.1234567891"))
    key.refresh_from_db()
    assert (key.state, key.balance, key.last_error) == (State.WORKS, Decimal("3.1234567891"), "")
    assert key.balance_known_at is not None
    assert key.last_used_at is not None


def test_a_balance_of_nothing_is_an_exhausted_key(alice: User) -> None:
    key = ApiKeyFactory.create(owner=alice)
    api_keys.note_balance(key_id=key.pk, credits=Decimal(0))
    key.refresh_from_db()
    assert (key.state, key.balance) == (State.EXHAUSTED, Decimal(0))


def test_a_refusal_is_kept_with_segminds_words(alice: User) -> None:
    key = ApiKeyFactory.create(owner=alice, state=State.WORKS)
    api_keys.note_refused(key_id=key.pk, detail="Invalid API key")
    key.refresh_from_db()
    assert (key.state, key.last_error) == (State.REFUSED, "Invalid API key")
    assert key.last_used_at is not None


def test_want_of_credits_is_kept_with_the_balance_if_it_is_known(alice: User) -> None:
    key = ApiKeyFactory.create(owner=alice)
    api_keys.note_exhausted(key_id=key.pk, detail="Insufficient credits")
    key.refresh_from_db()
    assert (key.state, key.balance, key.last_error) == (State.EXHAUSTED, None, "Insufficient credits")
    api_keys.note_exhausted(key_id=key.pk, detail="Insufficient credits", credits=Decimal("0.01"))
    key.refresh_from_db()
    assert (key.state, key.balance) == (State.EXHAUSTED, Decimal("0.01"))


def test_a_key_that_is_gone_meanwhile_is_no_error() -> None:
    api_keys.note_balance(key_id=uuid4(), credits=Decimal(1))
    api_keys.note_refused(key_id=uuid4(), detail="Invalid API key")
    api_keys.note_exhausted(key_id=uuid4(), detail="Insufficient credits")
    assert not ApiKey.objects.exists()
