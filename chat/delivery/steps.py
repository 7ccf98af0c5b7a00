"""What delivery writes: each function is one short transaction, and checks the state and the fence that it leaves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.services import api_keys
from accounts.vault import CannotOpen
from chat import markdown
from chat.delivery.history import turns_of
from chat.models import LanguageModel, Message, Reply
from chat.models.reply import State
from chat.queries import path_to
from chat.segmind import ChatRequest, Completion, KeyValue, SegmindError, WireFormat

LEASE = timedelta(seconds=30)
BEHIND_ANOTHER_SECONDS = 0.5


@dataclass(frozen=True)
class Assignment:
    """A reply that this worker holds, with all that is needed to send it or to follow it."""

    reply_id: UUID
    fence: int
    version: str
    key_id: UUID | None
    key: KeyValue
    request: ChatRequest
    request_id: str
    submit_started_at: datetime
    tries: int


@dataclass(frozen=True)
class NotYet:
    """A reply whose turn comes later: look again after so many seconds."""

    seconds: float


@transaction.atomic
def claim(reply_id: UUID) -> Assignment | NotYet | None:
    """Take a reply that is due: a queued one to send it, or a processing one that its worker has left, to follow it.

    None when there is nothing to do: another worker has it, or it has ended.
    """
    reply = Reply.objects.select_related("message__parent", "model", "api_key", "owner").filter(pk=reply_id).first()
    if reply is None:
        return None
    if reply.state == State.QUEUED:
        return claim_queued(reply)
    if reply.request_id and (reply.lease_until is None or reply.lease_until < timezone.now()):
        return take_over(reply)
    return None


def claim_queued(reply: Reply) -> Assignment | NotYet | None:
    now = timezone.now()
    if reply.not_before and reply.not_before > now:
        return NotYet((reply.not_before - now).total_seconds())
    if reply.message is None or reply.owner is None or not reply.owner.is_active:
        reply.move(to=State.STOPPED)
        return None
    if waits_for_reply_before(reply.message):
        return NotYet(BEHIND_ANOTHER_SECONDS)
    key = open_key(reply)
    if key is None:
        return None
    moved = reply.move(
        to=State.SUBMITTING, fence=reply.fence + 1, lease_until=now + LEASE, submit_started_at=now, not_before=None
    )
    return assignment(reply, key) if moved else None


def waits_for_reply_before(answer: Message) -> bool:
    """A message may be written while the reply before it is on its way; it is sent when that one has ended."""
    before = answer.parent.parent_id if answer.parent else None
    return before is not None and Reply.objects.filter(message_id=before).running().exists()


def open_key(reply: Reply) -> KeyValue | None:
    """The key that pays for this attempt. None, and the reply failed, if it is gone or can't be opened."""
    try:
        if reply.api_key:
            return api_keys.open_key(reply.api_key)
    except CannotOpen:
        pass
    if reply.state == State.QUEUED:
        reply.move(to=State.FAILED, failure_kind=Reply.FailureKind.KEY)
    elif reply.state == State.PROCESSING:
        reply.move(to=State.UNKNOWN, billed=Reply.Billed.UNKNOWN, failure_kind=Reply.FailureKind.KEY)
    return None


def take_over(reply: Reply) -> Assignment | None:
    """Follow a request whose worker is gone; of a stopped one only its cost is still wanted."""
    wanted = reply.state == State.PROCESSING or (reply.state == State.STOPPED and reply.billed == Reply.Billed.UNKNOWN)
    key = open_key(reply) if wanted else None
    if key is None:
        return None
    taken = Reply.objects.filter(pk=reply.pk, state=reply.state, fence=reply.fence).update(
        fence=reply.fence + 1, lease_until=timezone.now() + LEASE
    )
    reply.fence += 1
    return assignment(reply, key) if taken else None


def assignment(reply: Reply, key: KeyValue) -> Assignment:
    assert reply.submit_started_at is not None
    return Assignment(
        reply_id=reply.pk,
        fence=reply.fence,
        version=reply.version,
        key_id=reply.api_key_id,
        key=key,
        request=chat_request(reply),
        request_id=reply.request_id,
        submit_started_at=reply.submit_started_at,
        tries=reply.tries,
    )


def chat_request(reply: Reply) -> ChatRequest:
    answer = reply.message
    return ChatRequest(
        slug=reply.model.slug,
        wire_format=WireFormat(reply.model.wire_format),
        turns=turns_of(path_to(answer.parent_id)) if answer else (),
        instruction=answer.instruction if answer else "",
        temperature=answer.temperature if answer else None,
    )


def held(work: Assignment) -> Reply | None:
    """The row under lock, if this worker still holds it."""
    return Reply.objects.select_for_update(of=("self",)).filter(pk=work.reply_id, fence=work.fence).first()


@transaction.atomic
def note_request(work: Assignment, request_id: str) -> None:
    """Segmind has accepted a v2 request. If the person stopped it meanwhile, it is followed for its cost alone."""
    reply = held(work)
    if reply is None:
        return
    if reply.state in (State.SUBMITTING, State.UNKNOWN) and not superseded(reply):
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
def hand_back(work: Assignment, error: SegmindError, *, seconds: float) -> bool:
    """Nothing was billed for certain: queue the reply again, not before `seconds` from now. False: no longer wanted."""
    reply = held(work)
    if reply is None or reply.state != State.SUBMITTING:
        Reply.objects.filter(pk=work.reply_id, fence=work.fence, state=State.STOPPED).update(billed=Reply.Billed.NO)
        return False
    return reply.move(
        to=State.QUEUED,
        not_before=timezone.now() + timedelta(seconds=seconds),
        failure_kind=error.kind,
        tries=reply.tries + 1,
        lease_until=None,
        submit_started_at=None,
    )


def complete(work: Assignment, completion: Completion) -> None:
    """Store the answer, its cost and the balance. Losing the race to another worker is success."""
    html = markdown.render(completion.text)  # may take a moment, in which no row is locked
    facts = accounting(completion) | {
        "billed": Reply.Billed.YES,
        "input_tokens": completion.input_tokens,
        "output_tokens": completion.output_tokens,
        "stop_reason": completion.stop_reason[:50],
    }
    with transaction.atomic():
        if end(work, facts, to=State.COMPLETED, failure_kind=""):
            Message.objects.filter(replies=work.reply_id).update(
                text=completion.text, stored_html=html, stored_html_version=markdown.VERSION
            )
        note_balance(work, completion)


@transaction.atomic
def fail(work: Assignment, error: SegmindError, *, to: str = State.FAILED) -> None:
    """End a reply without an answer, with the reason, and what is known of its cost."""
    facts = accounting(error) | {"billed": error.billed}
    end(work, facts, to=to, failure_kind=error.kind, failure_detail=error.detail, raw_answer=error.raw)
    note_about_key(work, error)
    if error.status == 410:  # Segmind: the model is retired
        LanguageModel.objects.filter(slug=work.request.slug).update(enabled=False)


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
    mine.filter(state=State.STOPPED).update(**facts)
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


def renew(fences: dict[UUID, int]) -> None:
    """Say that this worker is alive and still holds these replies."""
    Reply.objects.filter(pk__in=fences).update(lease_until=timezone.now() + LEASE)


def let_go(work: Assignment) -> bool:
    """Leave a request that Segmind is working on for the next worker. False when there is none to leave."""
    mine = Reply.objects.filter(pk=work.reply_id, fence=work.fence).exclude(request_id="")
    return bool(mine.update(lease_until=timezone.now()))
