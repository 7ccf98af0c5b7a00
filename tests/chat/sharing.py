"""A link that was made, with its token: the way into every test of sharing."""

import uuid
from typing import Any

from django.utils import timezone

from accounts.models import User
from chat import markdown
from chat.models import Conversation, LanguageModel, Message, Share
from chat.services.attachments import enclose
from chat.services.shares import Terms, create_share
from chat.services.snapshots import Choice, draft_of
from tests.chat.attaching import image_of, text_of


def written(owner: User, *texts: str, model: LanguageModel | None = None, **fields: Any) -> Conversation:
    """A conversation of finished turns: question, answer, question and so on."""
    title = Conversation.title_from(texts[0])
    conversation = Conversation.objects.create(
        owner=owner, title=title, model=model, updated_at=timezone.now(), **fields
    )
    for text in texts:
        add_to(conversation, text)
    return conversation


def add_to(conversation: Conversation, text: str) -> Message:
    """The next turn, at the end of the active path."""
    last = conversation.active_leaf
    role = "assistant" if last and last.role == "user" else "user"
    message = Message(conversation=conversation, parent=last, role=role, text=text)
    if role == "assistant":
        message.model, message.stored_html, message.stored_html_version = (
            conversation.model,
            markdown.render(text),
            markdown.VERSION,
        )
    message.save()
    conversation.active_leaf = message
    conversation.save(update_fields=["active_leaf"])
    return message


def with_files(conversation: Conversation, text: str = "secret: alice@example.com\n", *, image: bool = True) -> Message:
    """Its first message has an image and a text file."""
    question = conversation.messages.filter(role="user").earliest("created_at")
    question.author = conversation.owner
    files = [text_of(conversation.owner, text)]
    if image:
        files.append(image_of(conversation.owner))
        files[-1].alt = "A red square of bob@example.com"
    enclose(message=question, attachments=files)
    Message.objects.filter(pk=question.pk).update(attachment_count=len(files))
    return question


def share(conversation: Conversation, choice: Choice | None = None, **terms: Any) -> tuple[Share, str]:
    """A link for anyone unless said otherwise, and its path."""
    choice = choice or Choice()
    made, token = create_share(
        id=uuid.uuid4(),
        conversation=conversation,
        choice=choice,
        terms=Terms(**{"audience": Share.Audience.ANYONE, **terms}),
        seen=draft_of(conversation, choice).digest,
    )
    return made, f"/s/{token}/"
