"""Verbs on API keys. A value comes in as a KeyValue, is sealed before it is stored, and goes to the client alone."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import vault
from accounts.models import ApiKey, User
from accounts.services.audit import Action, record
from accounts.services.balance import fetch_balance
from chat.segmind import KeyValue, Refused, SegmindError

MINUTE = timedelta(minutes=1)
# Segmind: 5 requests per minute on the smallest plan, so fewer were let through for another reason.
LOWEST_RATE = 5


class KeyAlreadyAdded(Exception):
    """This owner has this very key already, under `label`."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


class Outcome(StrEnum):
    WORKS = "works"
    REFUSED = "refused"
    # Neither yes nor no: no answer, a fault at Segmind, or too many questions.
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class CheckResult:
    """What a check found: the balance in credits if Segmind said it, else Segmind's words for why not."""

    outcome: Outcome
    balance: Decimal | None = None
    detail: str = ""


def add_key(*, owner: User | None, label: str, value: KeyValue) -> ApiKey:
    """Seal and store a key of a person, or of the team. Raises KeyAlreadyAdded if they have it, under any label."""
    existing = ApiKey.objects.filter(owner=owner, fingerprint__in=vault.fingerprints(value)).first()
    if existing:
        raise KeyAlreadyAdded(existing.label)
    row_id = uuid.uuid4()
    key = ApiKey(
        pk=row_id,
        owner=owner,
        label=label,
        ciphertext=vault.encrypt(value, row_id=row_id, owner_id=owner.pk if owner else None),
        fingerprint=vault.fingerprint(value),
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
            record(Action.KEY_ADDED, subject=owner, thing=key, after={"label": label})
    except IntegrityError as exc:
        raise KeyAlreadyAdded(label) from exc
    return key


def remove_key(*, key: ApiKey) -> None:
    """Forget a key and its value. Replies that it paid for keep its label."""
    with transaction.atomic():
        record(Action.KEY_REMOVED, subject=key.owner, thing=key, before={"label": key.label, "state": key.state})
        key.delete()


def open_key(key: ApiKey) -> KeyValue:
    """The key's value, for the client alone. Raises accounts.vault.CannotOpen and KeyringError."""
    return vault.decrypt(key.ciphertext, row_id=key.pk, owner_id=key.owner_id)


def key_for(user: User) -> ApiKey | None:
    """The key that pays for this person: the newest of their own that Segmind has not refused."""
    return ApiKey.objects.visible_to(user).usable().first()


def check_key(*, key: ApiKey) -> CheckResult:
    """Ask Segmind whether the key works, free of charge, and keep the answer. No answer leaves the state as it was."""
    result = ask_segmind(key)
    now = timezone.now()
    changes: dict[str, object] = {"checked_at": now, "last_error": result.detail}
    if result.outcome == Outcome.REFUSED:
        record_refusal(key_id=key.pk)
        changes["state"] = ApiKey.State.REFUSED
    if result.outcome == Outcome.WORKS:
        changes["state"] = ApiKey.State.WORKS
    if result.balance is not None:
        changes |= balance_changes(result.balance)
    ApiKey.objects.filter(pk=key.pk).update(**changes)
    return result


def ask_segmind(key: ApiKey) -> CheckResult:
    try:
        balance = fetch_balance(open_key(key))
    except vault.CannotOpen:
        return CheckResult(Outcome.REFUSED, detail=_("This key can't be opened any more. Please enter it again."))
    except Refused as exc:
        return result_of_refusal(exc)
    except SegmindError as exc:
        return CheckResult(Outcome.UNREACHABLE, detail=exc.detail or _("Segmind did not answer."))
    return CheckResult(Outcome.WORKS, balance=balance.total)


def result_of_refusal(refusal: Refused) -> CheckResult:
    """Segmind: 401 is a refused key; 404 on this address is an account that works and has no balance record."""
    outcome = {401: Outcome.REFUSED, 404: Outcome.WORKS}.get(refusal.status or 0, Outcome.UNREACHABLE)
    return CheckResult(outcome, detail=refusal.detail)


def note_balance(*, key_id: UUID, credits: Decimal) -> None:
    """A call on this key was answered, and `credits` are left. The answer proves that the key works."""
    changes = {"last_used_at": timezone.now(), "last_error": "", **balance_changes(credits)}
    ApiKey.objects.filter(pk=key_id).update(**changes)


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


def slow_down(*, key_id: UUID, until: datetime, let_through: int) -> None:
    """Segmind answered 429: nothing goes out through this key before `until`, and after it one at a time.

    `let_through` is how many went out in the last minute: if less than the key's rate, that is its rate from now on.
    """
    learned = max(let_through, LOWEST_RATE)
    key = ApiKey.objects.select_for_update().get(pk=key_id)
    if learned < key.rate:
        key.rate, key.rate_learned_at = learned, timezone.now()
    # So much of the minute counts as used that the first one is due at `until`.
    key.paced_until = max(key.paced_until, until + MINUTE - MINUTE / key.rate)
    key.save(update_fields=["rate", "rate_learned_at", "paced_until"])


def balance_changes(credits: Decimal) -> dict[str, object]:
    state = ApiKey.State.WORKS if credits > 0 else ApiKey.State.EXHAUSTED
    return {"balance": credits, "balance_known_at": timezone.now(), "state": state}


def give_sandbox_key(user: User) -> ApiKey | None:
    """A key that works in the stand-in for Segmind; None, and no key, where this site talks to Segmind itself."""
    if not settings.SANDBOX_URL:
        return None
    # The stand-in opens an account of its own for every key of this shape.
    value = KeyValue(f"SG_5a{secrets.token_hex(7)}")
    return add_key(owner=user, label=_("Sandbox"), value=value)
