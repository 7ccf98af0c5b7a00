"""A conversation with branches, in a few words."""

import uuid
from typing import Any

from django.utils import timezone

from chat.models import Conversation, LanguageModel, Message, Reply
from chat.services import branches
from chat.services.messages import Turn


def answered(turn: Turn, text: str = "An answer.") -> Turn:
    """As delivery would have brought it to its end."""
    complete(turn.answer, text)
    return turn


def complete(answer: Message, text: str = "An answer.", **facts: Any) -> Message:
    reply = Reply.objects.filter(message=answer).latest("created_at")
    assert reply.move(to="submitting", submit_started_at=timezone.now())
    assert reply.move(to="completed", **facts)
    Message.objects.filter(pk=answer.pk).update(text=text)
    answer.refresh_from_db(fields=["text"])
    return answer


def edit(message: Message, text: str, *, model: LanguageModel, client_id: uuid.UUID | None = None) -> Turn:
    return branches.edit_message(message=message, client_id=client_id or uuid.uuid4(), text=text, model=model)


def again(answer: Message, **choice: Any) -> Message:
    return branches.new_version(answer=answer, **{"client_id": uuid.uuid4()} | choice)


def leaf(conversation: Conversation) -> Message | None:
    return Conversation.objects.select_related("active_leaf").get(pk=conversation.pk).active_leaf
