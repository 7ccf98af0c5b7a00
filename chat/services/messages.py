"""Sending: the one step after which a message is never lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.services import api_keys
from chat.fail_points import fail_point
from chat.models import Attachment, Conversation, LanguageModel, Message, Reply
from chat.models.reply import State
from chat.services import budgets
from chat.services.attachments import enclose

# How often a message may find that others were quicker in the same conversation.
TRIES = 20


class NoUsableKey(Exception):
    """The person has no key that could pay."""


class InTrash(Exception):
    """The conversation is in the trash, where nothing is written any more."""


class SentOtherText(Exception):
    """The browser's id for a message came again with another text or other files; nothing was changed."""


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
    attachments: Sequence[Attachment] = (),
) -> Turn:
    """Store a message at the end of the active path, and queue its reply: all of it or nothing.

    `conversation` may be new, with only an id and an owner. `api_key_id` is its own choice of who pays. The same
    `client_id` with the same text and files returns what exists. Raises SentOtherText if it came with others,
    InTrash, NoUsableKey, and chat.services.attachments.AttachmentGone.
    """
    remembered = {"model": model, "instruction": instruction, "temperature": temperature, "api_key_id": api_key_id}
    for _ in range(TRIES):
        question = Message(
            role=Message.Role.USER,
            author=conversation.owner,
            client_id=client_id,
            text=text,
            attachment_count=len(attachments),
        )
        answer = answer_to(question, model=model, instruction=instruction, temperature=temperature)
        try:
            turn = store_turn(conversation, question, answer, remembered, attachments)
        except IntegrityError:
            if sent_before := conversation.messages.filter(client_id=client_id).first():
                return turn_of(sent_before, text, attachments)
            raise
        except Overtaken:
            owner = conversation.owner
            conversation = Conversation.objects.get(pk=conversation.pk, owner=owner)
            if conversation.trashed_at:
                raise InTrash from None
            conversation.owner = owner
        else:
            fail_point("send-after-commit")
            return turn
    raise Overtaken


def answer_to(question: Message, *, model: LanguageModel, instruction: str, temperature: float | None) -> Message:
    """An assistant message, not stored yet, with what its model takes."""
    return Message(
        role=Message.Role.ASSISTANT,
        parent=question,
        model=model,
        instruction=instruction if model.has_instruction else "",
        temperature=model.temperature_for(temperature),
    )


@transaction.atomic
def store_turn(
    conversation: Conversation,
    question: Message,
    answer: Message,
    remembered: dict[str, Any],
    attachments: Sequence[Attachment] = (),
) -> Turn:
    """Both messages, the conversation's new end with what is `remembered` of it, and the reply.

    Raises Overtaken, NoUsableKey, AttachmentGone and IntegrityError.

    Nothing is locked to begin with: that the conversation still ends where this page saw it is checked in the same
    statement that moves its end, and a message that was sent before meets the unique index on its `client_id`.
    """
    now = timezone.now()
    if conversation.is_new:
        title = Conversation.title_from(question.text or attachments[0].name)
        conversation = Conversation(pk=conversation.pk, owner=conversation.owner, title=title, updated_at=now)
        Conversation.objects.bulk_create([conversation], ignore_conflicts=True)
    question.conversation = answer.conversation = conversation
    question.parent_id = conversation.active_leaf_id
    Message.objects.bulk_create([question, answer])
    enclose(message=question, attachments=attachments)
    # Who writes has looked, and what is written in comes back from the archive.
    changes = {"active_leaf": answer, **remembered, "updated_at": now, "seen_at": now, "archived_at": None}
    here = Conversation.objects.visible_to(conversation.owner).filter(pk=conversation.pk)
    if not here.filter(active_leaf=conversation.active_leaf_id).update(**changes):
        raise Overtaken
    queue_reply(answer, chosen=remembered["api_key_id"])
    fail_point("send-before-commit")
    for name, value in changes.items():
        setattr(conversation, name, value)
    return Turn(question, answer)


def turn_of(question: Message, text: str, attachments: Sequence[Attachment]) -> Turn:
    """The turn that an earlier sending of the same `client_id` made. Raises SentOtherText."""
    if question.text != text or question.attachment_count != len(attachments):
        raise SentOtherText
    if attachments:
        sent = question.attachments.values_list("digest", flat=True)
        if sorted(sent) != sorted(attachment.digest for attachment in attachments):
            raise SentOtherText
        # Without a script the same files were uploaded once more.
        Attachment.objects.unsent().filter(pk__in=[attachment.pk for attachment in attachments]).delete()
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
