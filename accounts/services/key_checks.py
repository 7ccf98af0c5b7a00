"""Asking Segmind whether a key works and what is left on it: from a page, and now and then for keys in use."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import vault
from accounts.models import ApiKey
from accounts.services import balance
from accounts.services.api_keys import balance_changes, open_key, record_refusal
from chat.segmind import Refused, SegmindClient, SegmindError

CHECKED_EVERY = timedelta(minutes=10)
# A key that paid for something since then is in use.
IN_USE_FOR = timedelta(days=1)
CHECKS_AT_ONCE = 10


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

    @property
    def sentence(self) -> str:
        """For whoever asked, in a few words."""
        words = {
            Outcome.WORKS: _("works."),
            Outcome.REFUSED: _("was refused."),
            Outcome.UNREACHABLE: _("could not be checked."),
        }
        return f"{words[self.outcome]} {self.detail}".strip()


def check_key(*, key: ApiKey) -> CheckResult:
    """Ask Segmind whether the key works, free of charge, and keep the answer. No answer leaves the state as it was."""
    # The request would keep its pooled connection while it waits for Segmind, and a few would stop the site.
    if not connection.in_atomic_block:
        connection.close()
    result = async_to_sync(ask_once)(key)
    keep(key, result)
    return result


async def ask_once(key: ApiKey) -> CheckResult:
    client = balance.new_client()
    try:
        return await ask(client, key)
    finally:
        await client.aclose()


async def check_keys_in_use() -> None:
    """Ask after the balance of every key in use of which nothing was heard for CHECKED_EVERY."""
    client, turn = balance.new_client(max_connections=CHECKS_AT_ONCE), asyncio.Semaphore(CHECKS_AT_ONCE)

    async def check(key: ApiKey) -> None:
        async with turn:
            await sync_to_async(keep)(key, await ask(client, key))

    try:
        async with asyncio.TaskGroup() as checks:
            for key in await sync_to_async(due_for_a_check)():
                checks.create_task(check(key))
    finally:
        await client.aclose()


def due_for_a_check() -> list[ApiKey]:
    now = timezone.now()
    not_heard_of = Q(balance_known_at=None) | Q(balance_known_at__lt=now - CHECKED_EVERY)
    not_asked = Q(checked_at=None) | Q(checked_at__lt=now - CHECKED_EVERY)
    return list(ApiKey.objects.in_use().filter(not_heard_of, not_asked, last_used_at__gt=now - IN_USE_FOR))


async def ask(client: SegmindClient, key: ApiKey) -> CheckResult:
    try:
        found = await client.balance(open_key(key))
    except vault.CannotOpen:
        return CheckResult(Outcome.REFUSED, detail=_("This key can't be opened any more. Please enter it again."))
    except vault.KeyringError:
        return CheckResult(Outcome.UNREACHABLE, detail=_("Parley's keyring can't be read at the moment."))
    except Refused as exc:
        return result_of_refusal(exc)
    except SegmindError as exc:
        return CheckResult(Outcome.UNREACHABLE, detail=exc.detail or _("Segmind did not answer."))
    return CheckResult(Outcome.WORKS, balance=found.total)


def result_of_refusal(refusal: Refused) -> CheckResult:
    """Segmind: 401 is a refused key; 404 on this address is an account that works and has no balance record."""
    outcome = {401: Outcome.REFUSED, 404: Outcome.WORKS}.get(refusal.status or 0, Outcome.UNREACHABLE)
    return CheckResult(outcome, detail=refusal.detail)


def keep(key: ApiKey, result: CheckResult) -> None:
    changes: dict[str, object] = {"checked_at": timezone.now(), "last_error": result.detail}
    if result.outcome == Outcome.REFUSED:
        record_refusal(key_id=key.pk)
        changes["state"] = ApiKey.State.REFUSED
    if result.outcome == Outcome.WORKS:
        changes["state"] = ApiKey.State.WORKS
    if result.balance is not None:
        changes |= balance_changes(result.balance)
    # A value that was replaced meanwhile is another one, of which this says nothing.
    ApiKey.objects.filter(pk=key.pk, ciphertext=key.ciphertext).update(**changes)
