"""Sending: the one step after which a message is never lost."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.services import api_keys
from chat import tasks
from chat.models import Conversation, LanguageModel, Message, Reply


class NoUsableKey(Exception):
    """The person has no key that could pay."""


class SentOtherText(Exception):
    """The browser's id for a message came again with another text; nothing was changed."""


@dataclass(frozen=True)
class Turn:
    """A message of a person and the assistant message that is to answer it."""

    question: Message
    answer: Message


@transaction.atomic
def send_message(
    *,
    conversation: Conversation,
    client_id: UUID,
    text: str,
    model: LanguageModel,
    instruction: str = "",
    temperature: float | None = None,
) -> Turn:
    """Store a message at the end of the active path, and queue its reply: all of it or nothing.

    `conversation` may be new, with only an id and an owner. The same `client_id` with the same text returns what
    exists. Raises SentOtherText if it came with another text, and NoUsableKey.
    """
    conversation = lock_conversation(conversation, title=Conversation.title_from(text))
    sent_before = conversation.active_leaf_id and conversation.messages.filter(client_id=client_id).first()
    if sent_before:
        return turn_of(sent_before, text)
    question = Message(
        conversation=conversation,
        parent_id=conversation.active_leaf_id,
        role=Message.Role.USER,
        author=conversation.owner,
        client_id=client_id,
        text=text,
    )
    answer = Message(
        conversation=conversation,
        parent=question,
        role=Message.Role.ASSISTANT,
        model=model,
        instruction=instruction if model.has_instruction else "",
        temperature=temperature if model.has_temperature else None,
    )
    Message.objects.bulk_create([question, answer])
    conversation.active_leaf = answer
    conversation.model, conversation.instruction, conversation.temperature = model, instruction, temperature
    conversation.updated_at = timezone.now()
    conversation.save(update_fields=["active_leaf", "model", "instruction", "temperature", "updated_at"])
    queue_reply(answer)
    return Turn(question, answer)


def lock_conversation(conversation: Conversation, *, title: str) -> Conversation:
    """The row itself, made if it is new, and ours until the transaction ends: two tabs send one after the other."""
    if conversation.is_new:
        Conversation.objects.bulk_create(
            [Conversation(pk=conversation.pk, owner=conversation.owner, title=title, updated_at=timezone.now())],
            ignore_conflicts=True,
        )
    locked = Conversation.objects.select_for_update().get(pk=conversation.pk, owner_id=conversation.owner_id)
    locked.owner = conversation.owner
    return locked


def turn_of(question: Message, text: str) -> Turn:
    """The turn that an earlier sending of the same `client_id` made. Raises SentOtherText."""
    if question.text != text:
        raise SentOtherText
    answer = question.children.select_related("model").earliest("created_at")
    answer.reply = answer.replies.select_related("model").latest("created_at")
    return Turn(question, answer)


def queue_reply(answer: Message) -> Reply:
    """A new attempt at an assistant message, with its job, in the caller's transaction. Raises NoUsableKey."""
    api_key = api_keys.key_for(answer.conversation.owner)
    if api_key is None or answer.model is None:
        raise NoUsableKey
    reply = Reply.objects.create(
        message=answer,
        owner=answer.conversation.owner,
        model=answer.model,
        version=answer.model.version,
        api_key=api_key,
        key_label=api_key.label,
    )
    answer.reply = reply
    tasks.deliver_reply.defer(reply_id=str(reply.pk))
    return reply
