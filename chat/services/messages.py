"""Sending: the one step after which a message is never lost."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.services import api_keys
from chat.fail_points import fail_point
from chat.models import Conversation, LanguageModel, Message, Reply
from chat.models.reply import State
from chat.services import budgets

# How often a message may find that others were quicker in the same conversation.
TRIES = 20


class NoUsableKey(Exception):
    """The person has no key that could pay."""


class SentOtherText(Exception):
    """The browser's id for a message came again with another text; nothing was changed."""


@dataclass(frozen=True)
class Turn:
    """A message of a person and the assistant message that is to answer it."""

    question: Message
    answer: Message


class Overtaken(Exception):
    """Another message reached the conversation first, so this one goes behind it."""


def send_message(
    *,
    conversation: Conversation,
    client_id: UUID,
    text: str,
    model: LanguageModel,
    instruction: str = "",
    temperature: float | None = None,
    api_key_id: UUID | None = None,
) -> Turn:
    """Store a message at the end of the active path, and queue its reply: all of it or nothing.

    `conversation` may be new, with only an id and an owner. `api_key_id` is its own choice of who pays. The same
    `client_id` with the same text returns what exists. Raises SentOtherText if it came with another text, and
    NoUsableKey.
    """
    remembered = {"model": model, "instruction": instruction, "temperature": temperature, "api_key_id": api_key_id}
    for _ in range(TRIES):
        question = Message(role=Message.Role.USER, author=conversation.owner, client_id=client_id, text=text)
        answer = Message(
            role=Message.Role.ASSISTANT,
            parent=question,
            model=model,
            instruction=instruction if model.has_instruction else "",
            temperature=temperature if model.has_temperature else None,
        )
        try:
            turn = store_turn(conversation, question, answer, remembered)
        except IntegrityError:
            if sent_before := conversation.messages.filter(client_id=client_id).first():
                return turn_of(sent_before, text)
            raise
        except Overtaken:
            owner = conversation.owner
            conversation = Conversation.objects.get(pk=conversation.pk, owner=owner)
            conversation.owner = owner
        else:
            fail_point("send-after-commit")
            return turn
    raise Overtaken


@transaction.atomic
def store_turn(conversation: Conversation, question: Message, answer: Message, remembered: dict[str, Any]) -> Turn:
    """Both messages, the conversation's new end with what is `remembered` of it, and the reply.

    Raises Overtaken, NoUsableKey and IntegrityError.

    Nothing is locked to begin with: that the conversation still ends where this page saw it is checked in the same
    statement that moves its end, and a message that was sent before meets the unique index on its `client_id`.
    """
    now = timezone.now()
    if conversation.is_new:
        title = Conversation.title_from(question.text)
        conversation = Conversation(pk=conversation.pk, owner=conversation.owner, title=title, updated_at=now)
        Conversation.objects.bulk_create([conversation], ignore_conflicts=True)
    question.conversation = answer.conversation = conversation
    question.parent_id = conversation.active_leaf_id
    Message.objects.bulk_create([question, answer])
    changes = {"active_leaf": answer, **remembered, "updated_at": now}
    unmoved = Conversation.objects.filter(owner=conversation.owner, active_leaf=conversation.active_leaf_id)
    if not unmoved.filter(pk=conversation.pk).update(**changes):
        raise Overtaken
    queue_reply(answer, chosen=remembered["api_key_id"])
    fail_point("send-before-commit")
    for name, value in changes.items():
        setattr(conversation, name, value)
    return Turn(question, answer)


def turn_of(question: Message, text: str) -> Turn:
    """The turn that an earlier sending of the same `client_id` made. Raises SentOtherText."""
    if question.text != text:
        raise SentOtherText
    answer = question.children.select_related("model").earliest("created_at")
    answer.reply = answer.replies.select_related("model").latest("created_at")
    return Turn(question, answer)


def queue_reply(answer: Message, *, chosen: UUID | None) -> Reply:
    """A new attempt at an assistant message, in the caller's transaction; the row itself is the worker's job.

    `chosen` is the conversation's own choice of key. Beyond a budget it is not queued but has failed already, for
    that reason. Raises NoUsableKey.
    """
    owner = answer.conversation.owner
    keys = api_keys.keys_for(owner, chosen=chosen)
    api_key = api_keys.payer(keys)
    if api_key is None or answer.model is None:
        raise NoUsableKey
    reply = Reply(
        message=answer,
        owner=owner,
        model=answer.model,
        version=answer.model.version,
        api_key=api_key,
        key_label=api_key.label,
        names_key=len(keys) > 1 or api_key.owner_id is None,
        reserved=answer.model.reservation,
    )
    refusal = budgets.refusal_of(
        reply.reserved, person=owner, conversation_id=answer.conversation_id, api_key_id=api_key.pk
    )
    if refusal:
        reply.state, reply.failure_kind, reply.finished_at = State.FAILED, Reply.FailureKind.BUDGET, timezone.now()
        reply.failure_detail = refusal.written()
    reply.save(force_insert=True)
    answer.reply = reply
    return reply
