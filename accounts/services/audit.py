"""Writing the audit log: `record`, called by whoever does something that has to be accounted for."""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import DatabaseError, models, transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import AuditEntry, User
from accounts.models.audit_entry import Action

__all__ = ["Action", "address_of", "alias_of", "current_request", "record"]

logger = structlog.get_logger(__name__)

# The request that this thread is at work on, by accounts.middleware; None in a worker or a command.
current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)

LONGEST_TEXT = 200
# Words in the name of a field whose content is nobody's to read. A caller that hands one over has a mistake in it.
SECRET_WORDS = {"ciphertext", "cookie", "credential", "credentials", "fingerprint", "otp", "passphrase", "password"}
SECRET_WORDS |= {"password1", "password2", "recovery", "secret", "seed", "token", "value"}
# Segmind: a key is SG_ and 16 hex digits, older ones differ. And whatever is as long and dense as a digest or a token.
LIKE_A_SECRET = re.compile(r"SG_[\w-]{6,}|[A-Za-z0-9+/=_]{32,}", re.IGNORECASE)
MASK = "(masked)"
# PostgreSQL stores neither in JSON.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def record(
    action: Action,
    *,
    actor: User | None = None,
    subject: User | None = None,
    thing: models.Model | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> AuditEntry:
    """Add an entry within the caller's transaction: what cannot be recorded does not happen.

    `actor` did it: unless said, whoever is signed in in the current request, which also gives the address. `subject` is
    the person concerned, `thing` the row it was done to, `before` and `after` the few values that it changed: no
    secrets, and no names or addresses of people, which an account's deletion could not take out of here any more.

    The chain stays locked until the transaction ends: do this last in it, unless it deletes the subject or the thing.
    Raises ValueError for a value that does not belong here, and DatabaseError, which is logged, if it can't be stored.
    """
    request = current_request.get()
    actor = actor or signed_in(request)
    entry = AuditEntry(
        action=Action(action).value,
        actor_id=actor.pk if actor else None,
        subject_id=subject.pk if subject else None,
        thing=name_of(thing) if thing else "",
        address=address_of(request) if request else None,
        before=publishable(before or {}),
        after=publishable(after or {}),
    )
    try:
        entry.save(force_insert=True)
    except DatabaseError:
        logger.error("audit_entry_lost", action=entry.action, actor=entry.actor_id, subject=entry.subject_id)  # noqa: TRY400 - whoever handles it shows the traceback
        raise
    transaction.on_commit(partial(tell, entry))
    return entry


def tell(entry: AuditEntry) -> None:
    """Put the entry's digest where the database can't reach: rewriting the whole chain would contradict the logs."""
    logger.info("audit_entry", number=entry.number, digest=entry.digest, action=entry.action)


def name_of(thing: models.Model) -> str:
    return f"{thing._meta.model_name} {thing.pk}"


def signed_in(request: HttpRequest | None) -> User | None:
    user = getattr(request, "user", None)
    return user if isinstance(user, User) else None


def address_of(request: HttpRequest) -> str | None:
    """By the same rule as allauth's throttles: behind TRUSTED_PROXIES proxies, from X-Forwarded-For."""
    try:
        address: str = get_adapter().get_client_ip(request)
    except (ImproperlyConfigured, PermissionDenied):
        return None
    return address


def alias_of(typed: str) -> str:
    """Stands for an address that no account has: equal ones are seen to be equal, and none can be read.

    People slip, and type a password there.
    """
    return f"unknown-{salted_hmac('accounts.audit', typed.strip().lower(), algorithm='sha256').hexdigest()[:16]}"


# --- Old and new --------------------------------------------------------------
def publishable(values: Mapping[str, object]) -> dict[str, Any]:
    """`values` as small JSON, with all that looks like a secret masked. Raises ValueError."""
    for name in values:
        if SECRET_WORDS & set(name.lower().split("_")):
            raise ValueError(f"{name} does not belong into the audit log.")
    return {without_secrets(name): plain(value) for name, value in values.items()}


def plain(value: object) -> Any:
    match value:
        case None | bool() | int():
            return value
        case str() | Decimal() | float() | UUID() | date():
            return without_secrets(str(value))
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case _:
            # Among them KeyValue, bytes, and whole rows.
            raise ValueError(f"A {type(value).__name__} does not belong into the audit log.")


def without_secrets(text: str) -> str:
    return UNSTORABLE.sub("\ufffd", LIKE_A_SECRET.sub(MASK, text))[:LONGEST_TEXT]
