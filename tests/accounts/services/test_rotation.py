"""Rotating the keyring: every value opens afterwards, whatever interrupts it; no secret goes that is in use."""

from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from accounts import vault
from accounts.keyring import KeyringError, load_keyring, read_keyring
from accounts.models import ApiKey, User, Webhook
from accounts.services import rotation
from accounts.services.api_keys import KeyAlreadyAdded, add_key, open_key, opens
from accounts.services.webhooks import give_secret, open_secret
from chat.segmind import KeyValue
from tests.factories import ApiKeyFactory, PersonFactory, key_value

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH_ROWS", 3)


def rotate() -> list[rotation.Batch]:
    rotation.use_newest_secret()
    return list(rotation.reseal_all())


def test_everything_is_sealed_anew_and_the_old_secret_can_go(keyring_file: Path, alice: User) -> None:
    values = {ApiKeyFactory.create(owner=owner, value=value).pk: value for owner, value in some_keys(alice)}
    assert rotation.add_secret() == "k2"
    assert rotation.rows_by_key_id() == {"k1": 8}
    with pytest.raises(rotation.KeyIdInUse, match="8 API keys or webhooks are still sealed under k1"):
        drop_after_use("k1")
    assert [batch.resealed for batch in rotate()] == [3, 3, 2]
    assert rotation.rows_by_key_id() == {"k2": 8}
    rotation.drop_secret("k1")
    assert list(read_keyring(keyring_file).secrets) == ["k2"]
    vault.fresh_keyring()
    for key in ApiKey.objects.all():
        assert open_key(key) == values[key.pk]
        assert key.fingerprint == vault.fingerprint(values[key.pk])


def test_the_secrets_of_webhooks_are_sealed_anew_too() -> None:
    webhook = Webhook(name="Chat", address="https://chat.example", kinds=[])
    secret = give_secret(webhook)
    webhook.save()
    rotation.add_secret()
    with pytest.raises(rotation.KeyIdInUse):
        drop_after_use("k1")
    assert [batch.resealed for batch in rotate()] == [1]
    rotation.drop_secret("k1")
    vault.fresh_keyring()
    assert open_secret(Webhook.objects.get()) == secret


def some_keys(alice: User) -> list[tuple[User | None, KeyValue]]:
    return [(owner, key_value()) for owner in (alice, None, PersonFactory.create(), alice) for _ in range(2)]


def drop_after_use(key_id: str) -> None:
    rotation.use_newest_secret()
    rotation.drop_secret(key_id)


def test_stopped_half_way_it_goes_on_with_what_is_left(alice: User) -> None:
    keys = ApiKeyFactory.create_batch(8, owner=alice)
    rotation.add_secret()
    rotation.use_newest_secret()
    next(rotation.reseal_all())
    half_way = dict(ApiKey.objects.values_list("pk", "ciphertext"))
    assert rotation.rows_by_key_id() == {"k1": 5, "k2": 3}
    assert [batch.resealed for batch in rotate()] == [3, 2]
    done = dict(ApiKey.objects.values_list("pk", "ciphertext"))
    # Those that were done before are not touched a second time.
    assert sum(bytes(done[pk]) == bytes(half_way[pk]) for pk in done) == 3
    assert rotate() == []
    assert all(opens(key) for key in ApiKey.objects.all())
    assert len(keys) == 8


def test_a_process_that_runs_meets_the_new_secret_and_reads_the_file_again(
    alice: User, keyring_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ApiKeyFactory.create(owner=alice)
    before = vault.keyring()
    rotation.add_secret()
    rotate()
    key.refresh_from_db()
    load_keyring.cache_clear()
    # What a process has in memory that has run since before.
    monkeypatch.setattr("accounts.keyring.read_keyring", lambda path: before)
    assert vault.keyring() == before
    monkeypatch.undo()
    assert vault.keyring() == before
    assert opens(key)
    assert list(vault.keyring().secrets) == ["k1", "k2"]


def test_a_key_id_that_is_nowhere_does_not_open(alice: User, keyring_file: Path) -> None:
    key = ApiKeyFactory.create(owner=alice)
    keyring_file.unlink()
    vault.create_keyring(keyring_file)
    rotation.add_secret()
    rotation.use_newest_secret()
    rotation.add_secret()
    vault.replace_keyring(keyring_file, vault.fresh_keyring().without("k1"))
    vault.fresh_keyring()
    with pytest.raises(vault.CannotOpen, match="key id 'k1'"):
        open_key(key)


def test_what_does_not_open_is_named_and_left_alone(alice: User) -> None:
    good, first, second = (ApiKeyFactory.create(owner=alice) for _ in range(3))
    ApiKey.objects.filter(pk=first.pk).update(ciphertext=second.ciphertext)
    ApiKey.objects.filter(pk=second.pk).update(ciphertext=b"no sealed value")
    rotation.add_secret()
    (batch,) = rotate()
    assert (batch.resealed, set(batch.unopened)) == (1, {first.pk, second.pk})
    assert rotation.rows_by_key_id() == {"k2": 1, "k1": 1, "": 1}
    with pytest.raises(rotation.KeyIdInUse):
        rotation.drop_secret("k1")
    good.refresh_from_db()
    assert opens(good)


def test_the_secret_that_seals_and_one_that_is_not_there_are_not_dropped(keyring_file: Path) -> None:
    before = keyring_file.read_bytes()
    for key_id in ("k1", "k7"):
        with pytest.raises(KeyringError, match=key_id):
            rotation.drop_secret(key_id)
    assert keyring_file.read_bytes() == before


def test_the_same_value_is_recognised_all_through_a_rotation(alice: User) -> None:
    value = key_value()
    ApiKeyFactory.create(owner=alice, label="Mine", value=value)
    for step in (rotation.add_secret, rotation.use_newest_secret, rotate, lambda: rotation.drop_secret("k1")):
        step()
        with pytest.raises(KeyAlreadyAdded):
            add_key(owner=alice, label="Again", value=value)


def test_the_same_value_twice_under_two_secrets_stays_twice(alice: User) -> None:
    value = key_value()
    first = ApiKeyFactory.create(owner=alice, value=value)
    rotation.add_secret()
    rotation.use_newest_secret()
    twin = ApiKeyFactory.create(owner=alice)
    ApiKey.objects.filter(pk=twin.pk).update(
        ciphertext=vault.encrypt(value, row_id=twin.pk, owner_id=alice.pk), fingerprint=vault.fingerprint(value)
    )
    rotate()
    assert rotation.rows_by_key_id() == {"k2": 2}
    first.refresh_from_db()
    assert open_key(first) == value


def test_whoever_seals_holds_the_keyring_against_those_who_change_it(alice: User) -> None:
    ApiKeyFactory.create(owner=alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND objid = 720002 AND granted")
        assert cursor.fetchall() == [("ShareLock",)]


def test_rows_come_in_the_order_of_their_ids(alice: User) -> None:
    keys = ApiKeyFactory.create_batch(4, owner=alice)
    rotation.add_secret()
    rotation.use_newest_secret()
    assert rotation.waiting_after(UUID(int=0), ApiKey) == sorted(key.pk for key in keys)[:3]
