"""Verbs on API keys. A value comes in as a KeyValue, is sealed before it is stored, and goes to the client alone."""

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import vault
from accounts.models import ApiKey, User
from accounts.services.audit import Action, record
from accounts.services.sealing import hold_keyring
from chat.segmind import KeyValue

MINUTE = timedelta(minutes=1)
# Segmind: 5 requests per minute on the smallest plan, so fewer were let through for another reason.
LOWEST_RATE = 5


class KeyAlreadyAdded(Exception):
    """This owner has this very key already, under `label`."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


@transaction.atomic
def add_key(*, owner: User | None, label: str, value: KeyValue, is_default: bool = False, **facts: Any) -> ApiKey:
    """Seal and store a key of a person, or of the team. `facts` are other columns, such as its rate.

    Raises KeyAlreadyAdded if they have it, under any label.
    """
    hold_keyring()
    refuse_twice(value, owner_id=owner.pk if owner else None)
    key = ApiKey(pk=uuid.uuid4(), owner=owner, label=label, **facts)
    seal(key, value)
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as exc:
        raise KeyAlreadyAdded(label) from exc
    if is_default:
        prefer(key)
    record(Action.KEY_ADDED, subject=owner, thing=key, after={"label": label})
    return key


@transaction.atomic
def replace_value(*, key: ApiKey, value: KeyValue) -> None:
    """Another value under the same row: who pays, and for what, stays as it is. Raises KeyAlreadyAdded.

    A reply that is being sent goes on with the value it was sent with; a request that another worker follows is
    asked for with the new one, and found if that is of the same account at Segmind.
    """
    hold_keyring()
    refuse_twice(value, owner_id=key.owner_id, apart_from=key.pk)
    seal(key, value)
    key.state, key.last_error, key.balance, key.balance_known_at = ApiKey.State.UNCHECKED, "", None, None
    try:
        with transaction.atomic():
            key.save(update_fields=["ciphertext", "fingerprint", "state", "last_error", "balance", "balance_known_at"])
    except IntegrityError as exc:
        raise KeyAlreadyAdded(key.label) from exc
    record(Action.KEY_REPLACED, subject=key.owner, thing=key)


def refuse_twice(value: KeyValue, *, owner_id: int | None, apart_from: UUID | None = None) -> None:
    """Raises KeyAlreadyAdded if the owner has this value in another row."""
    same = ApiKey.objects.filter(owner_id=owner_id, fingerprint__in=vault.fingerprints(value))
    if existing := same.exclude(pk__in=[apart_from] if apart_from else []).first():
        raise KeyAlreadyAdded(existing.label)


def seal(key: ApiKey, value: KeyValue) -> None:
    """Fill in the columns of a value, under the current secret of the keyring. Raises KeyringError."""
    key.ciphertext = vault.encrypt(value, row_id=key.pk, owner_id=key.owner_id)
    key.fingerprint = vault.fingerprint(value)


def remove_key(*, key: ApiKey) -> None:
    """Forget a key and its value. Replies that it paid for keep its label.

    One that is being sent goes on; one that waits fails, and one that another worker would have to follow is unknown.
    """
    with transaction.atomic():
        record(Action.KEY_REMOVED, subject=key.owner, thing=key, before={"label": key.label, "state": key.state})
        key.delete()


@transaction.atomic
def make_default(*, key: ApiKey) -> None:
    """From now on this key pays for its owner, unless a conversation has its own choice."""
    prefer(key)
    record(Action.KEY_CHANGED, subject=key.owner, thing=key, after={"is_default": True})


def prefer(key: ApiKey) -> None:
    siblings = ApiKey.objects.filter(owner_id=key.owner_id)
    list(siblings.select_for_update().order_by("pk").values_list("pk"))  # two tabs one after the other
    siblings.filter(is_default=True).update(is_default=False)
    siblings.filter(pk=key.pk).update(is_default=True)


@transaction.atomic
def change_key(
    *, key: ApiKey, label: str, rate: int, warn_below: Decimal | None, value: KeyValue | None = None
) -> None:
    """What the owner says of a key, and another value for it if there is one. Raises KeyAlreadyAdded.

    A rate they set takes the place of one that was learned.
    """
    if value:
        replace_value(key=key, value=value)
    said = {"label": label, "rate": rate, "warn_below": warn_below}
    before = {name: getattr(key, name) for name, new in said.items() if getattr(key, name) != new}
    if not before:
        return
    changes = {name: said[name] for name in before}
    learned_no_more: dict[str, Any] = {"rate_learned_at": None} if "rate" in changes else {}
    ApiKey.objects.filter(pk=key.pk).update(**changes, **learned_no_more)
    key.label = label
    record(Action.KEY_CHANGED, subject=key.owner, thing=key, before=before, after=changes)


@transaction.atomic
def pause_key(*, key: ApiKey, is_paused: bool) -> None:
    """Send nothing new with a key of the team, until it is resumed. What was sent is followed to its end."""
    if ApiKey.objects.filter(pk=key.pk, owner=None).exclude(is_paused=is_paused).update(is_paused=is_paused):
        record(Action.KEY_CHANGED, thing=key, after={"is_paused": is_paused})


@transaction.atomic
def grant_key(*, key: ApiKey, for_everyone: bool, people: Iterable[User]) -> None:
    """Say for whom a key of the team may pay."""
    row = ApiKey.objects.filter(pk=key.pk, owner=None)
    if row.exclude(for_everyone=for_everyone).update(for_everyone=for_everyone):
        record(
            Action.KEY_GRANTED if for_everyone else Action.KEY_WITHDRAWN, thing=key, after={"everyone": for_everyone}
        )
    before, after = set(key.granted_people.all()), set(people)
    key.granted_people.set(after)
    for person in after - before:
        record(Action.KEY_GRANTED, subject=person, thing=key)
    for person in before - after:
        record(Action.KEY_WITHDRAWN, subject=person, thing=key)


def open_key(key: ApiKey) -> KeyValue:
    """The key's value, for the client alone. Raises accounts.vault.CannotOpen and KeyringError."""
    return vault.decrypt(key.ciphertext, row_id=key.pk, owner_id=key.owner_id)


def opens(key: ApiKey) -> bool:
    """False for a key that was sealed under a secret that is lost, or was tampered with: it is to be entered again."""
    try:
        open_key(key)
    except (vault.CannotOpen, vault.KeyringError):
        return False
    return True


SECRETS = {"ciphertext", "fingerprint"}
SHOWN = [field.attname for field in ApiKey._meta.concrete_fields if field.name not in SECRETS]
# Written out, since every message asks this: the ORM takes longer to put it together than the database to answer it.
AVAILABLE = """
    SELECT {columns} FROM accounts_apikey api_key
    WHERE revoked_at IS NULL AND (owner_id = %(person)s OR owner_id IS NULL AND (for_everyone OR EXISTS (
        SELECT FROM accounts_apikey_granted_people WHERE apikey_id = api_key.id AND user_id = %(person)s
    )))
""".format(columns=", ".join(SHOWN))


def key_for(user: User, *, chosen: UUID | None = None) -> ApiKey | None:
    """The key that pays for this person. One query; None if there is none, or not one that may.

    The rule: the conversation's own choice (`chosen`), else the person's default, else the newest other one of their
    own that works, else the newest of the team's that is granted to them. The next one in that order pays for one
    that is refused, paused or exhausted only if KEY_FALLBACK allows it. A choice that is gone is none.
    """
    return payer(keys_for(user, chosen=chosen))


def payer(keys: list[ApiKey]) -> ApiKey | None:
    """The one that pays of those in order; None if it may not."""
    return keys[0] if keys and keys[0].can_pay else None


def keys_for(user: User, *, chosen: UUID | None = None) -> list[ApiKey]:
    """All keys that may pay for this person, the one whose turn it is first, without their secrets. One query."""
    with connection.cursor() as cursor:
        cursor.execute(AVAILABLE, {"person": user.pk})
        keys = [ApiKey.from_db(connection.alias, SHOWN, row) for row in cursor.fetchall()]
    return in_turn(keys, chosen=chosen)


def in_turn(keys: Iterable[ApiKey], *, chosen: UUID | None) -> list[ApiKey]:
    """The one whose turn it is first."""
    return sorted(keys, key=partial(turn, chosen=chosen))


def turn(key: ApiKey, *, chosen: UUID | None) -> tuple[float, ...]:
    """Sorts keys: by kind, then those that work first, then the newest. With KEY_FALLBACK health goes before kind.

    An exhausted key is only put last: credits can be added at Segmind at any time, and a call without is not billed.
    """
    kind = 0 if key.pk == chosen else 1 if key.is_default else 2 if key.owner_id else 3
    health = (
        2 if key.is_paused or key.state == ApiKey.State.REFUSED else 1 if key.state == ApiKey.State.EXHAUSTED else 0
    )
    first, second = (health, kind) if settings.KEY_FALLBACK else (kind, health)
    return first, second, -key.created_at.timestamp(), key.pk.int


def own_keys(user: User) -> list[ApiKey]:
    """The person's own keys, newest first, with what was spent through each and whether it must be entered again."""
    # An aggregate makes Django forget the model's own order.
    keys = list(ApiKey.objects.visible_to(user).with_spent().order_by("-created_at", "pk"))
    for key in keys:
        key.must_be_entered_again = not key.revoked_at and not opens(key)
    return keys


def granted_keys(user: User) -> list[ApiKey]:
    """The team's keys that may pay for the person."""
    return list(ApiKey.objects.available_to(user).filter(owner=None).without_secrets())


# Written out, since every answer is stored with it.
NOTE_BALANCE = """
    UPDATE accounts_apikey SET last_used_at = %(now)s, last_error = '',
        balance = %(balance)s, balance_known_at = %(balance_known_at)s, state = %(state)s
    WHERE id = %(key_id)s
"""


def note_balance(*, key_id: UUID, credits: Decimal) -> None:
    """A call on this key was answered, and `credits` are left. The answer proves that the key works."""
    values = {"now": timezone.now(), "key_id": key_id, **balance_changes(credits)}
    with connection.cursor() as cursor:
        cursor.execute(NOTE_BALANCE, values)


def note_refused(*, key_id: UUID, detail: str) -> None:
    """Segmind refused this key in a call. `detail` is what Segmind said, masked."""
    record_refusal(key_id=key_id)
    ApiKey.objects.filter(pk=key_id).update(state=ApiKey.State.REFUSED, last_error=detail, last_used_at=timezone.now())


def record_refusal(*, key_id: UUID) -> None:
    """Once, when a key that was not refused before is about to be."""
    key = ApiKey.objects.select_related("owner").exclude(state=ApiKey.State.REFUSED).filter(pk=key_id).first()
    if key:
        before, after = {"state": key.state}, {"state": ApiKey.State.REFUSED}
        record(Action.KEY_REFUSED, subject=key.owner, thing=key, before=before, after=after)


def note_exhausted(*, key_id: UUID, detail: str, credits: Decimal | None = None) -> None:
    """Segmind refused a call for want of credits; `credits` are left if it said so."""
    changes = balance_changes(credits) if credits is not None else {}
    changes |= {"state": ApiKey.State.EXHAUSTED, "last_error": detail, "last_used_at": timezone.now()}
    ApiKey.objects.filter(pk=key_id).update(**changes)


def note_spend_limited(*, key_id: UUID, detail: str) -> None:
    """Segmind refused a call because a spend limit is reached. The key itself is as it was."""
    now = timezone.now()
    ApiKey.objects.filter(pk=key_id).update(spend_limited_at=now, last_error=detail, last_used_at=now)


def slow_down(*, key_id: UUID, until: datetime, let_through: int) -> None:
    """Segmind answered 429: nothing goes out through this key before `until`, and after it one at a time.

    `let_through` is how many went out in the last minute: if less than the key's rate, that is its rate from now on.
    A key that has been removed meanwhile is no fault.
    """
    learned = max(let_through, LOWEST_RATE)
    key = ApiKey.objects.select_for_update(no_key=True).without_secrets().filter(pk=key_id).first()
    if key is None:
        return  # removed meanwhile
    if learned < key.rate:
        key.rate, key.rate_learned_at = learned, timezone.now()
    # So much of the minute counts as used that the first one is due at `until`.
    key.paced_until = max(key.paced_until, until + MINUTE - MINUTE / key.rate)
    key.save(update_fields=["rate", "rate_learned_at", "paced_until"])


def balance_changes(credits: Decimal) -> dict[str, Any]:
    state = ApiKey.State.WORKS if credits > 0 else ApiKey.State.EXHAUSTED
    return {"balance": credits, "balance_known_at": timezone.now(), "state": state}


def give_sandbox_key(user: User) -> ApiKey | None:
    """A key that works in the stand-in for Segmind; None, and no key, where this site talks to Segmind itself."""
    if not settings.SANDBOX_URL:
        return None
    # The stand-in opens an account of its own for every key of this shape.
    value = KeyValue(f"SG_5a{secrets.token_hex(7)}")
    return add_key(owner=user, label=_("Sandbox"), value=value)
