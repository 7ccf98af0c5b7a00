"""Verbs on a message that waits for the answer above it: take it back, or let it go although that did not come."""

from typing import NamedTuple
from uuid import uuid4

from django.db import transaction

from chat.models import Attachment, Conversation, Draft, Message, Reply
from chat.models.reply import State
from chat.services import attachments
from chat.services.drafts import save_draft
from chat.services.replies import stop_reply


class AlreadySent(Exception):
    """The message is with Segmind, or was; nothing was changed."""


class TakenBack(NamedTuple):
    text: str
    attachments: list[Attachment]


@transaction.atomic
def take_back(*, reply: Reply) -> TakenBack:
    """Remove a message that waits for the answer above it: its text becomes the draft, its files are unsent again.

    What was written behind it moves up. Raises AlreadySent.
    """
    # Before all else: whoever sends at this moment finds another end of the conversation, and goes behind that.
    conversations = Conversation.objects.select_related("owner").select_for_update(of=("self",), no_key=True)
    conversation = conversations.get(messages__replies=reply)
    question = Message.objects.get(children__replies=reply)
    attempts = list(Reply.objects.select_for_update(of=("self",)).filter(message__parent=question))
    if question.parent_id is None or any(was_sent(attempt) for attempt in attempts):
        raise AlreadySent
    for attempt in attempts:
        stop_reply(reply=attempt)
    unsent = attachments.take_out(question)
    take_out(question, conversation)
    keep_as_draft(conversation, question.text)
    return TakenBack(question.text, unsent)


def was_sent(attempt: Reply) -> bool:
    """Whether it is on its way, or may have cost something."""
    return attempt.billed != Reply.Billed.NO or attempt.state in (State.SUBMITTING, State.PROCESSING)


def take_out(question: Message, conversation: Conversation) -> None:
    """Delete a question with its answers. What stands below them goes on from what stands above."""
    taken_out = {question.pk, *question.children.values_list("pk", flat=True)}
    Message.objects.filter(parent__in=taken_out).exclude(pk__in=taken_out).update(parent=question.parent_id)
    if conversation.active_leaf_id in taken_out:
        conversation.active_leaf_id = question.parent_id
        conversation.save(update_fields=["active_leaf"])
    Message.objects.filter(pk=question.pk).delete()


def keep_as_draft(conversation: Conversation, text: str) -> None:
    """In front of what was typed since."""
    draft = Draft.objects.unsent().filter(owner=conversation.owner, conversation_id=conversation.pk).first()
    if draft is None:
        save_draft(conversation=conversation, client_id=uuid4(), text=text)
    else:
        save_draft(conversation=conversation, client_id=draft.client_id, text=f"{text}\n\n{draft.text}")


def send_regardless(*, reply: Reply) -> bool:
    """The person wants it sent although the answer above it did not come. False when it waits for nothing any more."""
    # Its state is written as it is, which tells the workers.
    waiting = Reply.objects.filter(pk=reply.pk, state=State.QUEUED)
    return bool(waiting.update(state=State.QUEUED, goes_regardless=True))
