"""Trying a model of the catalogue, so that an administrator can offer it knowingly."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import structlog
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey
from accounts.services import api_keys
from accounts.services.audit import Action, record
from accounts.vault import CannotOpen
from chat.delivery.client import new_client
from chat.models import LanguageModel, Reply
from chat.models.reply import State
from chat.segmind import (
    ChatRequest,
    Completion,
    KeyValue,
    NotAccepted,
    OutcomeUnknown,
    SegmindClient,
    SegmindError,
    Turn,
    WireFormat,
)
from chat.services.budgets import refusal_of
from chat.services.retirement import is_retirement, retire_model

PROMPT = "Reply with one word: ready"
POLL_SECONDS = 0.5
# Longer than a call and all questions after it may take.
LEASE = timedelta(seconds=2 * settings.SEGMIND_TOTAL_SECONDS + 60)
# Segmind: 5 requests per minute on the smallest plan.
AT_ONCE = 5
log = structlog.get_logger(__name__)


class BeyondBudget(Exception):
    """No room for the call."""


@dataclass(frozen=True)
class CheckResult:
    """What one call brought.

    meaning: a sentence for an administrator · seconds: until the answer · billed: no, yes or unknown · provider: whose
    JSON it came in, "" for a plain text or no answer · cost, balance: in credits, None if not known · detail: what
    Segmind said of a failure, the key masked.
    """

    works: bool
    meaning: str
    seconds: float
    billed: str
    provider: str = ""
    text: str = field(default="", repr=False)
    cost: Decimal | None = None
    balance: Decimal | None = None
    status: int | None = None
    detail: str = ""


def check_model(*, model: LanguageModel, api_key: ApiKey) -> CheckResult:
    """Ask a model one tiny question through this key. It costs what such a call costs, and the key's row knows of it.

    Waits for the answer, at most SEGMIND_TOTAL_SECONDS. A 410 retires the model.
    """
    return check_models(models=[model], api_key=api_key)[0]


def check_models(*, models: Sequence[LanguageModel], api_key: ApiKey) -> list[CheckResult]:
    """The same for each of these, in their order, a few of them at a time."""
    try:
        value = api_keys.open_key(api_key)
    except CannotOpen:
        return [refused(_("This key can't be opened any more.")) for _model in models]
    return async_to_sync(check_all)(models, api_key, value)


def refused(meaning: str) -> CheckResult:
    """Nothing was sent."""
    return CheckResult(works=False, meaning=meaning, seconds=0, billed="no")


async def check_all(models: Sequence[LanguageModel], api_key: ApiKey, value: KeyValue) -> list[CheckResult]:
    turnstile = asyncio.Semaphore(AT_ONCE)

    async def check(model: LanguageModel) -> CheckResult:
        async with turnstile:
            return await check_one(model, api_key, value)

    return await asyncio.gather(*(check(model) for model in models))


async def check_one(model: LanguageModel, api_key: ApiKey, value: KeyValue) -> CheckResult:
    try:
        call = await sync_to_async(store)(reserve_call, model, api_key)
    except BeyondBudget:
        await sync_to_async(store)(partial(note_check, model, api_key, works=False, billed="no"))
        return refused(_("This would go over a budget of the team or of the key. Nothing was sent."))
    begun = time.monotonic()
    try:
        seen: Completion | SegmindError = await ask(model, value)
    except SegmindError as error:
        seen = error
    seconds = time.monotonic() - begun
    await sync_to_async(store)(close_call, call, seen)
    await sync_to_async(store)(partial(account_for, seen, model=model, api_key=api_key))
    return result_of_failure(seen, seconds) if isinstance(seen, SegmindError) else result_of_answer(seen, seconds)


def store[Stored](step: Callable[..., Stored], *values: Any) -> Stored:
    """Do one step with the database, and let go of the connection: others need it while we wait for Segmind."""
    try:
        return step(*values)
    finally:
        if not connection.in_atomic_block:
            connection.close()


@transaction.atomic
def reserve_call(model: LanguageModel, api_key: ApiKey) -> Reply:
    """A reply to nobody, in the ledger like all that costs, which no worker takes. Raises BeyondBudget.

    If this process dies, it ends as `unknown` once its lease is over.
    """
    if refusal_of(model.reservation, person=None, api_key_id=api_key.pk):
        raise BeyondBudget
    call = Reply(
        model=model,
        version=model.version,
        api_key=api_key,
        key_label=api_key.label,
        reserved=model.reservation,
    )
    call.save(force_insert=True)
    now = timezone.now()
    call.move(to=State.SUBMITTING, submit_started_at=now, lease_until=now + LEASE)
    return call


@transaction.atomic
def close_call(call: Reply, seen: Completion | SegmindError) -> None:
    """Settle or release what was reserved, or keep it if nobody knows the cost; and say so in the audit log."""
    settle_call(call, seen)
    works = isinstance(seen, Completion) and bool(seen.text.strip())
    assert call.api_key
    note_check(
        call.model, call.api_key, works=works, billed=call.billed, cost=seen.cost, balance=seen.remaining_credits
    )


def note_check(model: LanguageModel, api_key: ApiKey, *, balance: Decimal | None = None, **found: object) -> None:
    """In the audit log: which model was checked at whose cost, what came of it, and the balance before and after."""
    before = {} if balance is None else {"balance": api_key.balance}
    after = {"key": api_key.pk, **found} | ({} if balance is None else {"balance": balance})
    record(Action.MODEL_CHECKED, subject=api_key.owner, thing=model, before=before, after=after)


def settle_call(call: Reply, seen: Completion | SegmindError) -> None:
    facts: dict[str, Any] = {"cost": seen.cost, "remaining_credits": seen.remaining_credits}
    if seen.request_id:
        facts["request_id"] = seen.request_id
    if isinstance(seen, Completion):
        call.move(to=State.COMPLETED, billed=Reply.Billed.YES, **facts)
        return
    to = State.UNKNOWN if isinstance(seen, OutcomeUnknown) else State.FAILED
    call.move(to=to, billed=seen.billed, failure_kind=seen.kind, failure_detail=seen.detail, **facts)


async def ask(model: LanguageModel, key: KeyValue) -> Completion:
    """One billable request, by the version that the model has."""
    request = ChatRequest(
        slug=model.slug, wire_format=WireFormat(model.wire_format), turns=(Turn("user", PROMPT),), temperature=None
    )
    client = new_client()
    try:
        if model.version == LanguageModel.Version.V1:
            return await client.complete(key=key, request=request)
        submission = await client.submit(key=key, request=request)
        return await follow(client, key, submission.request_id)
    finally:
        await client.aclose()


async def follow(client: SegmindClient, key: KeyValue, request_id: str) -> Completion:
    """Ask until the answer is there, which is free."""
    until = time.monotonic() + settings.SEGMIND_TOTAL_SECONDS
    while time.monotonic() < until:
        await asyncio.sleep(POLL_SECONDS)
        try:
            if (await client.progress(key=key, request_id=request_id)).state == "completed":
                return await client.result(key=key, request_id=request_id)
        except NotAccepted as error:
            log.info("check_poll_failed", request=request_id, kind=error.kind)
    raise OutcomeUnknown(kind="upstream", request_id=request_id)


def account_for(seen: Completion | SegmindError, *, model: LanguageModel, api_key: ApiKey) -> None:
    """Keep what the call says about the key and the model."""
    log.info("model_checked", model=model.slug, key=str(api_key.pk), request=seen.request_id, cost=str(seen.cost))
    if seen.remaining_credits is not None:
        api_keys.note_balance(key_id=api_key.pk, credits=seen.remaining_credits)
    if not isinstance(seen, SegmindError):
        return
    if seen.kind == "key":
        api_keys.note_refused(key_id=api_key.pk, detail=seen.detail)
    if seen.kind == "credits":
        api_keys.note_exhausted(key_id=api_key.pk, detail=seen.detail)
    if seen.kind == "spend-limit":
        api_keys.note_spend_limited(key_id=api_key.pk, detail=seen.detail)
    if is_retirement(seen):
        retire_model(slug=model.slug)


def result_of_answer(completion: Completion, seconds: float) -> CheckResult:
    found = completion.text.strip()
    return CheckResult(
        works=bool(found),
        meaning=_("It answered.") if found else _("It answered without any text."),
        seconds=seconds,
        billed="yes",
        provider=completion.provider,
        text=completion.text,
        cost=completion.cost,
        balance=completion.remaining_credits,
        status=200,
    )


def result_of_failure(error: SegmindError, seconds: float) -> CheckResult:
    return CheckResult(
        works=False,
        meaning=meaning_of(error),
        seconds=seconds,
        billed=str(error.billed),
        cost=error.cost,
        balance=error.remaining_credits,
        status=error.status,
        detail=error.detail,
    )


def meaning_of(error: SegmindError) -> str:
    """A sentence for an administrator: what it was, and what it says about the model."""
    if isinstance(error, OutcomeUnknown):
        return _("It was sent, but the answer never came. It may have been billed.")
    if is_retirement(error):
        return _("Segmind has retired this model. It is not offered any more.")
    if error.kind == "model" and error.status is None:
        return _(
            "Nothing was sent: requests in this format are not supported. Its API page says which format it takes."
        )
    return {
        "credits": _("The account has not enough credits. This says nothing about the model."),
        "spend-limit": _("The team's spend limit is reached. This says nothing about the model."),
        "key": _("Segmind refuses this key. This says nothing about the model."),
        "forbidden": _("This account may not use the model."),
        "model": _("Segmind knows no model of this name."),
        "rate": _("Too many requests on this account. Wait a minute, then check again."),
        "refused": _("The model ran and failed, or refused. It can be reached; try once more before offering it."),
        "request": _("Segmind does not accept such a request. The wire format may be wrong: see the model's API page."),
        "upstream": _("Segmind or a machine in between had a fault. Try again later."),
        "unreachable": _("Segmind could not be reached. Nothing was sent."),
    }[error.kind]
