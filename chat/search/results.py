"""What was found as a page shows it: titles and snippets with the hits marked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Left

from accounts.models import User
from chat.models import Conversation, Message
from chat.search.hits import Found, Group
from chat.search.marks import Piece, marked, snippet, words_to_mark
from chat.search.query import SearchText

# As much of a text as is searched: migration 0024.
SEARCHED_CHARACTERS = 100_000


@dataclass(frozen=True)
class MessageHit:
    """A message in which something was found. `label` says who speaks."""

    url: str
    label: str
    written_at: datetime
    snippet: list[Piece]


@dataclass(frozen=True)
class ConversationHit:
    """A conversation in which something was found; `more` is how many of its messages are not shown."""

    conversation: Conversation
    title: list[Piece]
    messages: list[MessageHit]
    more: int


def shown(user: User, groups: list[Group], found: Found, text: SearchText, *, messages: int) -> list[ConversationHit]:
    """These groups, each with so many of its messages. Four queries, however many."""
    ids = [message_id for group in groups for message_id in group.message_ids[:messages]]
    conversations = Conversation.objects.visible_to(user).in_bulk([group.conversation_id for group in groups])
    read = Message.objects.defer("text", "stored_html", "instruction").annotate(
        beginning=Left(F("text"), SEARCHED_CHARACTERS)
    )
    by_id = read.select_related("model").in_bulk(ids)
    texts = [conversation.title for conversation in conversations.values()]
    words = words_to_mark([*texts, *(message.beginning for message in by_id.values())], text, found.alike)
    return [
        ConversationHit(
            conversation=conversations[group.conversation_id],
            title=marked(conversations[group.conversation_id].title, words),
            messages=list(message_hits(group.message_ids[:messages], by_id, words)),
            more=max(0, len(group.message_ids) - messages),
        )
        for group in groups
        if group.conversation_id in conversations
    ]


def message_hits(ids: list[UUID], by_id: dict[UUID, Any], words: frozenset[str]) -> Iterable[MessageHit]:
    for message in (by_id[message_id] for message_id in ids if message_id in by_id):
        yield MessageHit(
            url=message.get_absolute_url(),
            label=message.label,
            written_at=message.created_at,
            snippet=snippet(message.beginning, words),
        )
