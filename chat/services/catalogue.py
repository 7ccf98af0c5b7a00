"""Trying a model of the catalogue, so that an administrator can offer it knowingly."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import structlog
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import ApiKey
from accounts.services import api_keys
from accounts.vault import CannotOpen
from chat.delivery.client import new_client
from chat.models import LanguageModel
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
from chat.services.retirement import is_retirement, retire_model

PROMPT = "Reply with one word: ready"
POLL_SECONDS = 0.5
# Segmind: 5 requests per minute on the smallest plan.
AT_ONCE = 5
log = structlog.get_logger(__name__)


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
        never = CheckResult(works=False, meaning=_("This key can't be opened any more."), seconds=0, billed="no")
        return [never for model in models]
    if not connection.in_atomic_block:
        connection.close()  # it would be kept from others while we wait for Segmind
    answers = async_to_sync(ask_all)(models, value)
    for model, (seen, _seconds) in zip(models, answers, strict=True):
        account_for(seen, model=model, api_key=api_key)
    return [
        result_of_failure(seen, seconds) if isinstance(seen, SegmindError) else result_of_answer(seen, seconds)
        for seen, seconds in answers
    ]


async def ask_all(models: Sequence[LanguageModel], key: KeyValue) -> list[tuple[Completion | SegmindError, float]]:
    """What each brought, and after how many seconds."""
    turnstile = asyncio.Semaphore(AT_ONCE)

    async def ask_one(model: LanguageModel) -> tuple[Completion | SegmindError, float]:
        async with turnstile:
            begun = time.monotonic()
            try:
                seen: Completion | SegmindError = await ask(model, key)
            except SegmindError as error:
                seen = error
            return seen, time.monotonic() - begun

    return await asyncio.gather(*(ask_one(model) for model in models))


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
