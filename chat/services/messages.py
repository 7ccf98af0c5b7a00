"""Sending: the one step after which a message is never lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.services import api_keys
from chat.fail_points import fail_point
from chat.models import Attachment, Conversation, LanguageModel, Message, Reply
from chat.models.reply import State
from chat.services import budgets
from chat.services.attachments import enclose

# The least by which two instants differ.
MOMENT = timedelta(microseconds=1)
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
        except (IntegrityError, Overtaken) as error:
            if sent_before := conversation.messages.filter(client_id=client_id).first():
                return turn_of(sent_before, text, attachments)
            if isinstance(error, IntegrityError):
                raise
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
    # What is shown by time has the answer behind its question.
    question.created_at, answer.created_at = now, now + MOMENT
    store_messages(question, answer, remembered)
    enclose(message=question, attachments=attachments)
    queue_reply(answer, chosen=remembered["api_key_id"])
    fail_point("send-before-commit")
    # Who writes has looked, and what is written in comes back from the archive.
    changes = {"active_leaf": answer, **remembered, "updated_at": now, "seen_at": now, "archived_at": None}
    for name, value in changes.items():
        setattr(conversation, name, value)
    return Turn(question, answer)


# Written out, as the ORM takes longer to put it together than the database to do it. No row where the conversation ends
# elsewhere by now, or is in the trash.
STORE_MESSAGES = """
    WITH conversation AS (
        UPDATE chat_conversation
        SET active_leaf_id = %(answer)s, model_id = %(model)s, instruction = %(instruction)s,
            temperature = %(temperature)s, api_key_id = %(api_key)s, updated_at = %(now)s, seen_at = %(now)s,
            archived_at = NULL
        WHERE id = %(conversation)s AND owner_id = %(owner)s AND trashed_at IS NULL
            AND active_leaf_id IS NOT DISTINCT FROM %(leaf)s
        RETURNING id
    )
    INSERT INTO chat_message (
        conversation_id, id, parent_id, role, created_at, author_id, client_id, text, attachment_count,
        model_id, instruction, temperature, stored_html, stored_html_version
    )
    SELECT conversation.id, message.*, '', 0 FROM conversation, (VALUES
        (%(question)s::uuid, %(leaf)s::uuid, 'user', %(now)s::timestamptz, %(owner)s::integer, %(client_id)s::uuid,
            %(text)s, %(attachments)s::smallint, NULL::bigint, '', NULL::float),
        (%(answer)s, %(question)s, 'assistant', %(moment_later)s, NULL, NULL,
            '', 0, %(model)s, %(told)s, %(answer_temperature)s)
    ) AS message
"""


def store_messages(question: Message, answer: Message, remembered: dict[str, Any]) -> None:
    """Both at the end of the conversation, which remembers what they were sent with. Raises Overtaken."""
    values = {
        "conversation": question.conversation_id,
        "owner": question.author_id,
        "leaf": question.parent_id,
        "question": question.pk,
        "answer": answer.pk,
        "client_id": question.client_id,
        "text": question.text,
        "attachments": question.attachment_count,
        "model": answer.model_id,
        "instruction": remembered["instruction"],
        "told": answer.instruction,
        "temperature": remembered["temperature"],
        "answer_temperature": answer.temperature,
        "api_key": remembered["api_key_id"],
        "now": question.created_at,
        "moment_later": answer.created_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(STORE_MESSAGES, values)
        if not cursor.rowcount:
            raise Overtaken
    question._state.adding = answer._state.adding = False


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
    store_reply(reply)
    answer.reply = reply
    return reply


# The others begin as the database has them.
STORED = """
    id, message_id, owner_id, model_id, version, api_key_id, key_label, names_key, state, fence, request_id, tries,
    reserved, billed, stop_reason, failure_kind, failure_detail, raw_answer, created_at, finished_at
"""
STORED_NAMES = STORED.replace(",", "").split()
STORE_REPLY = f"INSERT INTO chat_reply ({STORED}) VALUES ({', '.join(['%s'] * len(STORED_NAMES))})"


def store_reply(reply: Reply) -> None:
    """A new one, as `save` does, which takes longer to put the statement together than the database to obey it."""
    reply.created_at = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(STORE_REPLY, [getattr(reply, name) for name in STORED_NAMES])
    reply._state.adding = False
