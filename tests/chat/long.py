"""Conversations of many messages, and people with many conversations, made at once and not message by message."""

from datetime import timedelta

from django.utils import timezone
from django.utils.html import escape

from accounts.models import User
from chat import markdown
from chat.models import Conversation, LanguageModel, Message, Reply


def long_conversation(owner: User, model: LanguageModel, texts: list[str]) -> list[Message]:
    """Its path: questions and finished answers in turn, with these texts."""
    now = timezone.now()
    conversation = Conversation.objects.create(owner=owner, title="A long one", model=model, updated_at=now)
    path: list[Message] = []
    for number, text in enumerate(texts):
        # By id: a chain of two thousand objects would be too deep for some who walk through objects.
        message = Message(conversation=conversation, parent_id=path[-1].pk if path else None, role="user", text=text)
        message.created_at = now + timedelta(seconds=number)
        if number % 2:
            message.role, message.model = "assistant", model
            message.stored_html, message.stored_html_version = f"<p>{escape(text)}</p>", markdown.VERSION
        path.append(message)
    Message.objects.bulk_create(path)
    Reply.objects.bulk_create(finished_reply(owner, answer) for answer in path[1::2])
    conversation.active_leaf = path[-1]
    conversation.save()
    return path


def finished_reply(owner: User, answer: Message) -> Reply:
    assert answer.model
    now = timezone.now()
    return Reply(
        message=answer,
        owner=owner,
        model=answer.model,
        version=answer.model.version,
        state=Reply.State.COMPLETED,
        submit_started_at=now,
        finished_at=now,
    )


def many_conversations(owner: User, number: int) -> None:
    now = timezone.now()
    Conversation.objects.bulk_create(
        Conversation(owner=owner, title=f"Conversation {index}", updated_at=now - timedelta(minutes=index))
        for index in range(number)
    )
