"""Telling chat tools and other programs: what is told, how it is signed, when it is tried again, and what came of it.

A delivery is a row, written in the transaction in which there is something to tell. A job looks for those that are due,
and an attempt is claimed in the row before it is made: whatever dies, it is tried again, and not by two at once.
Signed as Standard Webhooks (https://www.standardwebhooks.com) has it; docs/operating.md describes it for receivers.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts import vault
from accounts.models import ApiKey, Webhook, WebhookAttempt, WebhookDelivery
from accounts.models.webhook import TEST, Outcome, State
from accounts.services import outbound
from accounts.services.audit import Action, record
from accounts.services.sealing import hold_keyring
from chat.segmind import KeyValue

# How long after each attempt the next one is due; after the last one it is given up.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480)]
MOST_ATTEMPTS = len(PAUSES) + 1
KEPT_FOR = timedelta(days=30)
GONE = 410
SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - Standard Webhooks marks secrets with it
log = structlog.get_logger(__name__)


# --- Secrets ------------------------------------------------------------------
def give_secret(webhook: Webhook) -> KeyValue:
    """A new one, sealed into the row, which the caller saves in the same transaction. Raises KeyringError."""
    hold_keyring()
    secret = KeyValue(SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode())
    seal_secret(webhook, secret)
    return secret


def seal_secret(webhook: Webhook, secret: KeyValue) -> None:
    webhook.ciphertext = vault.encrypt(secret, row_id=webhook.pk, owner_id=None)


def open_secret(webhook: Webhook) -> KeyValue:
    """Raises accounts.vault.CannotOpen and KeyringError."""
    return vault.decrypt(webhook.ciphertext, row_id=webhook.pk, owner_id=None)


def signature(secret: KeyValue, *, delivery_id: str, timestamp: int, body: str) -> str:
    """The header `webhook-signature`: HMAC-SHA256 over id, timestamp (seconds since 1970) and body, in base64."""
    key = base64.b64decode(secret.reveal().removeprefix(SECRET_PREFIX))
    digest = hmac.digest(key, f"{delivery_id}.{timestamp}.{body}".encode(), hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


# --- What is told -------------------------------------------------------------
def announce(key: ApiKey, *, kind: str, occasion: str) -> None:
    """Write a delivery for each webhook that wants to hear of it, unless there is one of this occasion."""
    listening = Webhook.objects.filter(is_active=True, kinds__contains=[kind])
    body = None
    for webhook in listening.exclude(deliveries__occasion=occasion):
        body = body or body_about(key, kind)
        made = WebhookDelivery(webhook=webhook, kind=kind, occasion=occasion, body=body)
        WebhookDelivery.objects.bulk_create([made], ignore_conflicts=True)


def body_about(key: ApiKey, kind: str) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        text = render_to_string("accounts/webhook_text.txt", {"key": key, "kind": kind})
    about_key = {"id": str(key.pk), "label": key.label}
    amounts = {"balance": plain(key.balance), "warn_below": plain(key.warn_below)}
    return as_json(kind, {"key": about_key, **amounts}, text)


def plain(amount: object) -> str | None:
    """A decimal as a text, which no receiver rounds; None for what is not known."""
    return None if amount is None else f"{amount:f}"


def as_json(kind: str, data: dict[str, object], text: str) -> str:
    """ASCII only, so that the bytes that are signed are the ones that anybody makes of it."""
    # Slack: a text has these three as entities, or it may hold links and calls to everybody.
    shown = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": now, "data": data, "text": shown})


@transaction.atomic
def write_test(webhook: Webhook) -> WebhookDelivery:
    """A delivery that says nothing but that it arrives."""
    with translation.override(settings.LANGUAGE_CODE):
        body = as_json(TEST, {}, translation.gettext("A test from Parley: this webhook works."))
    made = WebhookDelivery.objects.create(webhook=webhook, kind=TEST, occasion=f"{TEST} {uuid.uuid4()}", body=body)
    record(Action.WEBHOOK_SENT, thing=webhook, after={"delivery": made.pk})
    return made


@transaction.atomic
def send_again(delivery: WebhookDelivery) -> None:
    """Begin anew with the same id, by which a receiver knows that it has it already."""
    changes = {"state": State.WAITING, "attempts_made": 0, "next_attempt_at": timezone.now()}
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**changes)
    record(Action.WEBHOOK_SENT, thing=delivery.webhook, after={"delivery": delivery.pk})


def due_deliveries() -> list[UUID]:
    return list(WebhookDelivery.objects.due().order_by("next_attempt_at").values_list("pk", flat=True)[:1000])


def forget_old_deliveries() -> None:
    WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()


# --- Attempts -----------------------------------------------------------------
async def deliver(delivery_id: UUID) -> None:
    """Make the attempt that is due, if none other has claimed it. May be called any number of times."""
    attempt = await sync_to_async(claim)(delivery_id)
    if attempt is None:
        return
    began = time.monotonic()
    outcome, status = await send(attempt.delivery)
    await sync_to_async(keep)(attempt, outcome, status=status, milliseconds=round(1000 * (time.monotonic() - began)))


@transaction.atomic
def claim(delivery_id: UUID) -> WebhookAttempt | None:
    """Write down that an attempt is made now, and when the next one is due should nothing be heard of this one."""
    due = WebhookDelivery.objects.due().select_related("webhook").select_for_update(of=["self"], skip_locked=True)
    delivery = due.filter(pk=delivery_id).first()
    if delivery is None:
        return None
    if delivery.attempts_made >= MOST_ATTEMPTS:
        # The worker of the last one was stopped.
        WebhookDelivery.objects.filter(pk=delivery.pk).update(state=State.GIVEN_UP)
        return None
    pause = PAUSES[min(delivery.attempts_made, len(PAUSES) - 1)]
    delivery.next_attempt_at, delivery.attempts_made = timezone.now() + pause, delivery.attempts_made + 1
    delivery.save(update_fields=["next_attempt_at", "attempts_made"])
    return WebhookAttempt.objects.create(delivery=delivery)


async def send(delivery: WebhookDelivery) -> tuple[Outcome, int | None]:
    """One POST. How it ended, and the status of the answer if there was one. Raises nothing that the network does."""
    webhook = delivery.webhook
    if not webhook.is_active:
        return Outcome.OFF, None
    try:
        secret = await sync_to_async(open_secret)(webhook)
    except (vault.CannotOpen, vault.KeyringError):
        return Outcome.SEALED, None
    try:
        headers = headers_for(delivery, secret)
        status = await outbound.post(webhook.address, content=delivery.body.encode(), headers=headers)
    except (outbound.AddressRefused, outbound.UnknownHost, TimeoutError, httpx.HTTPError, httpx.InvalidURL) as exc:
        return outcome_of_error(exc), None
    return outcome_of_status(status), status


def headers_for(delivery: WebhookDelivery, secret: KeyValue) -> dict[str, str]:
    timestamp = int(time.time())
    return {
        "content-type": "application/json",
        "user-agent": f"Parley/{settings.VERSION}",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, delivery_id=str(delivery.pk), timestamp=timestamp, body=delivery.body),
    }


def outcome_of_error(error: Exception) -> Outcome:
    match error:
        case outbound.AddressRefused():
            return Outcome.FORBIDDEN
        case outbound.UnknownHost() | httpx.InvalidURL():
            return Outcome.UNKNOWN_HOST
        case TimeoutError() | httpx.TimeoutException():
            return Outcome.TIMED_OUT
        case httpx.ConnectError():
            return Outcome.UNREACHABLE
        case _:
            return Outcome.BROKEN


def outcome_of_status(status: int) -> Outcome:
    if status == GONE:
        return Outcome.GONE
    if 300 <= status < 400:
        return Outcome.REDIRECTED
    return Outcome.DELIVERED if 200 <= status < 300 else Outcome.ANSWERED


@transaction.atomic
def keep(attempt: WebhookAttempt, outcome: Outcome, *, status: int | None, milliseconds: int) -> None:
    """Log the attempt, and end the delivery if nothing more is to be tried."""
    delivery = attempt.delivery
    WebhookAttempt.objects.filter(pk=attempt.pk).update(outcome=outcome, status=status, milliseconds=milliseconds)
    # Sent again by hand meanwhile, it is no longer this attempt's to end, unless it has arrived.
    row = WebhookDelivery.objects.filter(pk=delivery.pk, state=State.WAITING)
    if outcome == Outcome.DELIVERED:
        row.update(state=State.DELIVERED)
    elif outcome in (Outcome.GONE, Outcome.OFF) or delivery.attempts_made >= MOST_ATTEMPTS:
        row.filter(attempts_made=delivery.attempts_made).update(state=State.GIVEN_UP)
    if outcome == Outcome.GONE:
        switch_off(delivery.webhook)
    log.info("webhook_attempt", delivery=str(delivery.pk), outcome=outcome.value, status=status)


def switch_off(webhook: Webhook) -> None:
    """Its receiver wants no more."""
    if Webhook.objects.filter(pk=webhook.pk, is_active=True).update(is_active=False):
        record(Action.WEBHOOK_CHANGED, thing=webhook, before={"is_active": True}, after={"is_active": False})
