"""What delivery writes: each function is one short transaction, and checks the state and the fence that it leaves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.rows import fetch
from accounts.services import api_keys
from accounts.vault import CannotOpen
from chat import markdown
from chat.delivery import queue
from chat.delivery.history import turns_within
from chat.fail_points import fail_point
from chat.models import Message, Reply
from chat.models.reply import KEY_REVOKED, State
from chat.queries import path_to_send, texts_attached
from chat.segmind import ChatRequest, Completion, KeyValue, SegmindError, Turn, WireFormat
from chat.services.retirement import is_retirement, retire_model

MINUTE = timedelta(minutes=1)
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Assignment:
    """A reply that this worker holds, with all that is needed to send it or to follow it."""

    reply_id: UUID
    message_id: UUID | None
    fence: int
    version: str
    key_id: UUID | None
    key: KeyValue
    request: ChatRequest
    request_id: str
    submit_started_at: datetime
    queued_at: datetime
    tries: int
    # The host could not be reached lately: whoever hears from it tells the others.
    is_in_trouble: bool


@dataclass(frozen=True)
class Due:
    """What a worker is to send now, and when it is worth looking again (None: when there is news)."""

    assignments: list[Assignment]
    look_again_at: datetime | None


@transaction.atomic
def claim(*, limit: int) -> Due:
    """Take up to `limit` replies whose turn it is. Committed before anything is sent."""
    claim = queue.claim_due(limit=limit)
    if not claim.replies:
        return Due([], claim.look_again_at)
    assignments = [assignment(reply, is_in_trouble=claim.is_in_trouble) for reply in claim.replies]
    fail_point("claim-before-commit")
    return Due([work for work in assignments if work], claim.look_again_at)


def assignment(reply: Reply, *, is_in_trouble: bool = False) -> Assignment | None:
    """All that the worker needs. None, and the reply has ended, if it can't be sent: nobody else is held up."""
    key = open_key(reply)
    if key is None:
        return None
    try:
        request = chat_request(reply)
    except ValueError:
        log.exception("reply_cannot_be_sent", reply=str(reply.pk))
        reply.move(to=State.FAILED, failure_kind=Reply.FailureKind.REQUEST)
        return None
    assert reply.submit_started_at is not None
    return Assignment(
        reply_id=reply.pk,
        message_id=reply.message_id,
        fence=reply.fence,
        version=reply.version,
        key_id=reply.api_key_id,
        key=key,
        request=request,
        request_id=reply.request_id,
        submit_started_at=reply.submit_started_at,
        queued_at=reply.created_at,
        tries=reply.tries,
        is_in_trouble=is_in_trouble,
    )


def open_key(reply: Reply) -> KeyValue | None:
    """The key that pays for this attempt. None, and the reply has ended, if it is gone, paused or can't be opened."""
    try:
        # A paused key sends nothing new; what was sent with it is followed to its end.
        if reply.api_key and (reply.request_id or not reply.api_key.is_paused):
            return api_keys.open_key(reply.api_key)
    except CannotOpen:
        pass
    if reply.request_id and reply.is_running:
        reply.move(to=State.UNKNOWN, billed=Reply.Billed.UNKNOWN, failure_kind=Reply.FailureKind.KEY)
    elif reply.is_running:
        detail = KEY_REVOKED if reply.api_key and reply.api_key.revoked_at else ""
        reply.move(to=State.FAILED, failure_kind=Reply.FailureKind.KEY, failure_detail=detail)
    return None


def chat_request(reply: Reply) -> ChatRequest:
    """Raises ValueError for a wire format that nobody knows."""
    answer = reply.message
    return ChatRequest(
        slug=reply.model.slug,
        wire_format=WireFormat(reply.model.wire_format),
        turns=turns_to_send(reply, answer) if answer and not reply.request_id else (),
        instruction=answer.instruction if answer else "",
        temperature=reply.model.temperature_for(answer.temperature) if answer else None,
    )


def turns_to_send(reply: Reply, answer: Message) -> tuple[Turn, ...]:
    """The part of the path that the model has room for; where it begins is kept, for the page to show."""
    model, path = reply.model, path_to_send(answer.parent_id)
    memory = turns_within(
        path,
        characters=model.context_characters,
        instruction=answer.instruction,
        characters_per_image_token=model.characters_per_token if model.reads_images else 0,
        read_texts=texts_attached,
    )
    if memory.begins_at != reply.remembers_from:
        Reply.objects.filter(pk=reply.pk).update(remembers_from=memory.begins_at)
    return memory.turns


@transaction.atomic
def take_over(*, limit: int) -> list[Assignment]:
    """Requests that Segmind works on and whose worker is gone; of the stopped ones only the cost is still wanted."""
    at_segmind = Q(state=State.PROCESSING) | Q(state=State.STOPPED, billed=Reply.Billed.UNKNOWN) & ~Q(request_id="")
    left = Reply.objects.filter(at_segmind, lease_until__lte=timezone.now()).select_for_update(
        of=("self",), skip_locked=True
    )
    assignments = []
    for reply in left.select_related("message", "model", "api_key")[:limit]:
        reply.fence += 1
        Reply.objects.filter(pk=reply.pk).update(fence=reply.fence, lease_until=timezone.now() + queue.LEASE)
        log.warning("reply_taken_over", reply=str(reply.pk))
        if work := assignment(reply):
            assignments.append(work)
        else:  # without its key nobody can ask for it any more
            Reply.objects.filter(pk=reply.pk).update(lease_until=None)
    return assignments


def held(work: Assignment) -> Reply | None:
    """The row under lock, if this worker still holds it."""
    return Reply.objects.select_for_update(of=("self",)).filter(pk=work.reply_id, fence=work.fence).first()


@transaction.atomic
def note_request(work: Assignment, request_id: str) -> None:
    """Segmind has accepted a v2 request. If the person stopped it meanwhile, it is followed for its cost alone."""
    mine = Reply.objects.filter(pk=work.reply_id, fence=work.fence)
    if mine.filter(state=State.SUBMITTING).update(state=State.PROCESSING, request_id=request_id):
        return
    reply = held(work)
    if reply is None:
        return
    if reply.state == State.UNKNOWN and not superseded(reply):
        reply.move(to=State.PROCESSING, request_id=request_id)
    else:
        Reply.objects.filter(pk=reply.pk).update(request_id=request_id)


def superseded(reply: Reply) -> bool:
    """True when the person has started another attempt at the same message."""
    if reply.message_id is None:
        return False
    later = Reply.objects.filter(message_id=reply.message_id, created_at__gte=reply.created_at)
    return later.exclude(pk=reply.pk).exists()


@transaction.atomic
def hand_back(work: Assignment, error: SegmindError, *, seconds: float = 0) -> None:
    """Nothing was billed for certain: queue the reply again, not before `seconds` from now.

    If it was stopped or given up meanwhile it is not sent again, but then it is known to cost nothing.
    """
    reply = held(work)
    if reply is None or reply.state != State.SUBMITTING:
        end(work, {"billed": Reply.Billed.NO}, to=State.FAILED, failure_kind=error.kind)
        return
    reply.move(
        to=State.QUEUED,
        not_before=timezone.now() + timedelta(seconds=seconds) if seconds else None,
        failure_kind=error.kind,
        tries=reply.tries + 1,
        lease_until=None,
        submit_started_at=None,
    )


@transaction.atomic
def hold_back(work: Assignment, error: SegmindError, *, until: datetime) -> None:
    """A 429: the reply takes its turn again, and its key sends nothing more before `until`."""
    hand_back(work, error)
    if work.key_id:
        sent = Reply.objects.filter(api_key=work.key_id, submit_started_at__gt=timezone.now() - MINUTE)
        api_keys.slow_down(key_id=work.key_id, until=until, let_through=sent.exclude(pk=work.reply_id).count())


# The reply and its message, if this worker still holds them and nobody has ended the reply.
COMPLETE = """
    WITH ended AS (
        UPDATE chat_reply SET state = 'completed', finished_at = %(now)s, failure_kind = '', billed = 'yes',
            cost = %(cost)s, remaining_credits = %(remaining_credits)s,
            request_id = COALESCE(NULLIF(%(request_id)s, ''), request_id),
            input_tokens = %(input_tokens)s, output_tokens = %(output_tokens)s, stop_reason = %(stop_reason)s
        WHERE id = %(reply_id)s AND fence = %(fence)s AND state IN ('submitting', 'processing')
        RETURNING message_id
    ),
    written AS (
        UPDATE chat_message SET text = %(text)s, stored_html = %(stored_html)s,
            stored_html_version = %(stored_html_version)s
        FROM ended WHERE chat_message.id = ended.message_id
    )
    SELECT message_id FROM ended
"""


def complete(work: Assignment, completion: Completion) -> None:
    """Store the answer, its cost and the balance. Losing the race to another worker is success."""
    facts: dict[str, Any] = {
        "cost": completion.cost,
        "remaining_credits": completion.remaining_credits,
        "request_id": completion.request_id,
        "input_tokens": completion.input_tokens,
        "output_tokens": completion.output_tokens,
        "stop_reason": completion.stop_reason[:50],
    }
    # Rendering may take a moment, in which no row is locked.
    html = markdown.render(completion.text)
    answer = {"text": completion.text, "stored_html": html, "stored_html_version": markdown.VERSION}
    held_by_us = {"reply_id": work.reply_id, "fence": work.fence, "now": timezone.now()}
    with transaction.atomic():
        if not fetch(COMPLETE, facts | answer | held_by_us, {}):
            complete_late(work, facts, answer)
        # After the budgets, which the end of a reply locks, as whatever ends one does: not in that statement.
        note_balance(work, completion)
        fail_point("storing")
    fail_point("stored")


def complete_late(work: Assignment, facts: dict[str, Any], answer: dict[str, Any]) -> None:
    """Somebody has ended the reply meanwhile: its answer is kept if it was `unknown`, its cost in any case."""
    known = facts | {"billed": Reply.Billed.YES}
    if not facts["request_id"]:
        del known["request_id"]  # what was noted of it before stays
    if end(work, known, to=State.COMPLETED, failure_kind="") and work.message_id:
        Message.objects.filter(pk=work.message_id).update(**answer)


@transaction.atomic
def fail(work: Assignment, error: SegmindError, *, to: str = State.FAILED) -> None:
    """End a reply without an answer, with the reason, and what is known of its cost."""
    facts = accounting(error) | {"billed": error.billed}
    end(work, facts, to=to, failure_kind=error.kind, failure_detail=error.detail, raw_answer=error.raw)
    note_about_key(work, error)
    if is_retirement(error):
        retire_model(slug=work.request.slug)


def end(work: Assignment, facts: dict[str, Any], *, to: str, **changes: Any) -> bool:
    """Bring a reply that this worker holds to its end. False if it has ended otherwise; the facts of its cost are kept.

    An `unknown` reply ends after all when its answer turns up, unless the person has started another attempt.
    """
    mine = Reply.objects.filter(pk=work.reply_id, fence=work.fence)
    changes |= facts | {"state": to, "finished_at": timezone.now()}
    if mine.filter(state__in=[State.SUBMITTING, State.PROCESSING]).update(**changes):
        return True
    reply = held(work)
    if reply and reply.state == State.UNKNOWN and to != State.UNKNOWN and not superseded(reply):
        return reply.move(to=changes.pop("state"), **changes)
    # Nobody has to ask for it any more.
    mine.filter(state__in=[State.STOPPED, State.UNKNOWN]).update(lease_until=None, **facts)
    return False


def accounting(seen: Completion | SegmindError) -> dict[str, Any]:
    facts: dict[str, Any] = {"cost": seen.cost, "remaining_credits": seen.remaining_credits}
    return facts | {"request_id": seen.request_id} if seen.request_id else facts


def note_balance(work: Assignment, seen: Completion | SegmindError) -> None:
    if work.key_id and seen.remaining_credits is not None:
        api_keys.note_balance(key_id=work.key_id, credits=seen.remaining_credits)


def note_about_key(work: Assignment, error: SegmindError) -> None:
    note_balance(work, error)
    if work.key_id and error.kind == "key":
        api_keys.note_refused(key_id=work.key_id, detail=error.detail)
    if work.key_id and error.kind == "credits":
        api_keys.note_exhausted(key_id=work.key_id, detail=error.detail)
    if work.key_id and error.kind == "spend-limit":
        api_keys.note_spend_limited(key_id=work.key_id, detail=error.detail)


RENEW = """
    UPDATE chat_reply SET lease_until = %s FROM unnest(%s::uuid[], %s::int[]) AS held (id, fence)
    WHERE chat_reply.id = held.id AND chat_reply.fence = held.fence
"""


def renew(fences: dict[UUID, int]) -> None:
    """Say that this worker is alive and still holds these replies; not those that another one has taken over."""
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [timezone.now() + queue.LEASE, list(fences), list(fences.values())])


def let_go(work: Assignment) -> bool:
    """Leave a request that Segmind is working on to the next worker. False when there is none to leave."""
    mine = Reply.objects.filter(pk=work.reply_id, fence=work.fence).exclude(request_id="")
    return bool(mine.update(lease_until=timezone.now()))
