"""Changing the secrets under which API keys and the secrets of webhooks are sealed, while the site runs.

A value is sealed anew under a lock on its row, by whoever finds it under an older secret: killed at any point and
started again, it goes on with what is left.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BinaryField, F, Func, QuerySet, Value

from accounts import vault
from accounts.models import ApiKey, Webhook
from accounts.services.api_keys import open_key, seal
from accounts.services.sealing import claim_keyring, hold_keyring
from accounts.services.webhooks import open_secret, seal_secret

BATCH_ROWS = 200
Sealed = ApiKey | Webhook
SEALED: tuple[type[Sealed], ...] = (ApiKey, Webhook)


class KeyIdInUse(Exception):
    """`rows` values are still sealed under this secret, and would be lost with it."""

    def __init__(self, key_id: str, rows: int) -> None:
        super().__init__(f"{rows} API keys or webhooks are still sealed under {key_id}.")


@dataclass(frozen=True)
class Batch:
    """What one step did: how many were sealed anew, and which do not open."""

    resealed: int
    unopened: list[UUID]


@transaction.atomic
def add_secret() -> str:
    """Put a new secret into the keyring file, with nothing sealed under it. Returns its id. Raises KeyringError."""
    claim_keyring()
    ring = vault.keyring().with_new_secret()
    vault.replace_keyring(settings.PARLEY_KEYRING, ring)
    return ring.newest


@transaction.atomic
def use_newest_secret() -> str:
    """From now on values are sealed under the secret that was added last. Returns its id. Raises KeyringError."""
    claim_keyring()
    ring = vault.keyring()
    if ring.current != ring.newest:
        vault.replace_keyring(settings.PARLEY_KEYRING, vault.Keyring(ring.newest, ring.secrets))
    return ring.newest


@transaction.atomic
def drop_secret(key_id: str) -> None:
    """Take a secret out of the keyring file. Raises KeyIdInUse, and KeyringError for an unknown or the current one."""
    claim_keyring()
    ring = vault.keyring().without(key_id)
    if rows := rows_by_key_id()[key_id]:
        raise KeyIdInUse(key_id, rows)
    vault.replace_keyring(settings.PARLEY_KEYRING, ring)


def rows_by_key_id() -> Counter[str]:
    """How many values are sealed under each secret; "" counts what is no sealed value at all."""
    blobs = (sealed_rows(model).values_list("ciphertext", flat=True).iterator() for model in SEALED)
    return Counter(key_id_or_nothing(blob) for blob in chain.from_iterable(blobs))


def sealed_rows(model: type[Sealed]) -> QuerySet:
    """Revoked keys have no value any more."""
    return ApiKey.objects.in_use() if model is ApiKey else model._default_manager.all()


def key_id_or_nothing(blob: bytes | memoryview) -> str:
    try:
        return vault.key_id_of(blob)
    except vault.CannotOpen:
        return ""


def reseal_all() -> Iterator[Batch]:
    """Seal everything anew that is not under the current secret, a batch to a transaction. Raises KeyringError."""
    for model in SEALED:
        after = UUID(int=0)
        while rows := waiting_after(after, model):
            yield reseal(rows, model)
            after = rows[-1]


def waiting_after(after: UUID, model: type[Sealed]) -> list[UUID]:
    """The next rows, in the order of their ids, that are not sealed under the current secret."""
    header = vault.header_for(vault.fresh_keyring().current)
    begins = Func(F("ciphertext"), Value(1), Value(len(header)), function="substr", output_field=BinaryField())
    waiting = sealed_rows(model).alias(begins=begins).exclude(begins=header).filter(pk__gt=after)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH_ROWS])


@transaction.atomic
def reseal(ids: list[UUID], model: type[Sealed]) -> Batch:
    """Seal these anew under the current secret, but for those that were in the meantime. Values never leave memory."""
    hold_keyring()
    resealed, unopened = [], []
    for row in sealed_rows(model).select_for_update().filter(pk__in=ids).order_by("pk"):
        if key_id_or_nothing(row.ciphertext) == vault.keyring().current:
            continue
        try:
            seal_anew(row)
        except vault.CannotOpen:
            unopened.append(row.pk)
        else:
            resealed.append(row)
    store(resealed)
    return Batch(len(resealed), unopened)


def seal_anew(row: Sealed) -> None:
    """Raises accounts.vault.CannotOpen."""
    if isinstance(row, ApiKey):
        seal(row, open_key(row))
    else:
        seal_secret(row, open_secret(row))


def store(rows: list[Sealed]) -> None:
    keys = [row for row in rows if isinstance(row, ApiKey)]
    Webhook.objects.bulk_update([row for row in rows if isinstance(row, Webhook)], ["ciphertext"])
    try:
        with transaction.atomic():
            ApiKey.objects.bulk_update(keys, ["ciphertext", "fingerprint"])
    except IntegrityError:
        # Somebody has the same value twice, from two machines with different keyrings: both stay, told apart by
        # their old fingerprints.
        ApiKey.objects.bulk_update(keys, ["ciphertext"])
