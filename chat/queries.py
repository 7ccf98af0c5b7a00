"""Reads that two callers share and a QuerySet method cannot hold."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Q, prefetch_related_objects
from django.urls import reverse
from django.utils.functional import cached_property

from accounts.models import ApiKey, User
from accounts.services import api_keys
from chat.models import Conversation, Message, Reply

PAGE_OF_MESSAGES = 50
PAGE_OF_CONVERSATIONS = 30

PATH = """
    WITH RECURSIVE path AS (
        SELECT id, parent_id, 1 AS steps FROM chat_message WHERE id = %(leaf)s
        UNION ALL
        SELECT message.id, message.parent_id, path.steps + 1
        FROM chat_message message JOIN path ON message.id = path.parent_id
        WHERE path.steps < %(limit)s
    )
"""
# The same, but not beyond a message after which was started fresh.
SENT_PATH = PATH.replace("WHERE path.steps <", "WHERE NOT message.starts_fresh_after AND path.steps <")
PATH_SQL = f"""{PATH}
    SELECT {{}} FROM path JOIN chat_message message USING (id) ORDER BY path.steps DESC
"""
WHOLE_PATH = 1_000_000


def path_to(leaf_id: UUID | None, *, limit: int = WHOLE_PATH) -> list[Message]:
    """The messages from the root down to `leaf_id`, oldest first; of a longer path the last `limit`. One query."""
    return list(Message.objects.raw(PATH_SQL.format("message.*"), {"leaf": leaf_id, "limit": limit}))


def path_to_send(leaf_id: UUID | None) -> list[Message]:
    """The path to `leaf_id`, oldest first, from where the person started fresh, else whole. One query.

    With no more of each message than is sent.
    """
    statement = PATH_SQL.replace(PATH, SENT_PATH).format("id, role, text")
    return list(Message.objects.raw(statement, {"leaf": leaf_id, "limit": WHOLE_PATH}))


HISTORY = """
    WITH RECURSIVE path AS (
        SELECT parent_id, length(text) AS size FROM chat_message WHERE id = %(leaf)s AND NOT starts_fresh_after
        UNION ALL
        SELECT message.parent_id, length(message.text)
        FROM chat_message message JOIN path ON message.id = path.parent_id WHERE NOT message.starts_fresh_after
    )
    SELECT COALESCE(SUM(size + 2) FILTER (WHERE size > 0), 0) FROM path
"""


def history_characters(leaf_id: UUID | None) -> int:
    """How many characters would go along with a message after `leaf_id`, if the model has room for all. One query."""
    if leaf_id is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, {"leaf": leaf_id})
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class Transcript:
    """One screen of the active path, and the message from which earlier ones are loaded (None at the top)."""

    messages: list[Message]
    earlier_than: Message | None

    @property
    def replies(self) -> list[Reply]:
        return [message.reply for message in self.messages if message.reply]

    @property
    def is_waiting(self) -> bool:
        return any(reply.is_running for reply in self.replies)


def transcript(leaf_id: UUID | None) -> Transcript:
    """The newest messages of the path that ends at `leaf_id`, with their latest replies. Three queries."""
    if leaf_id is None:
        return Transcript([], None)
    messages = path_to(leaf_id, limit=PAGE_OF_MESSAGES)
    prefetch_related_objects(messages, "model")
    attach_replies(messages)
    return Transcript(messages, messages[0] if messages and messages[0].parent_id else None)


REMEMBERED_SQL = f"""{PATH}
    SELECT reply.* FROM path JOIN chat_reply reply ON reply.message_id = path.id
    WHERE reply.submit_started_at IS NOT NULL ORDER BY path.steps, reply.created_at DESC LIMIT 1
"""
# More answers that were never sent than this don't stand at the end of a path.
NEWEST_MESSAGES = 20


def remembered_from(leaf_id: UUID | None) -> UUID | None:
    """The first message that the newest answer on this path was asked with; None if all of them. One query."""
    newest = Reply.objects.raw(REMEMBERED_SQL, {"leaf": leaf_id, "limit": NEWEST_MESSAGES})
    return next((reply.remembers_from for reply in newest), None)


def attach_replies(messages: list[Message]) -> None:
    """Fill in `message.reply`, the latest attempt at each assistant message. One query."""
    ids = [message.pk for message in messages if not message.is_from_user]
    replies = Reply.objects.filter(message__in=ids).latest_per_message()
    latest = {reply.message_id: reply for reply in replies}
    for message in messages:
        message.reply = latest.get(message.pk)


@dataclass(frozen=True)
class ConversationPage:
    """One page of a person's conversations, newest first; `next_page_url` is "" on the last one."""

    conversations: list[Conversation]
    next_page_url: str


def conversation_page(user: User, *, before: Conversation | None = None) -> ConversationPage:
    """The person's newest conversations, or those older than `before`. One query."""
    conversations = Conversation.objects.visible_to(user).newest_first()
    if before:
        older = Q(updated_at__lt=before.updated_at) | Q(updated_at=before.updated_at, pk__lt=before.pk)
        conversations = conversations.filter(older)
    rows = list(conversations[: PAGE_OF_CONVERSATIONS + 1])
    page = rows[:PAGE_OF_CONVERSATIONS]
    more = len(rows) > len(page)
    return ConversationPage(page, f"{reverse('conversations')}?before={page[-1].pk}" if more else "")


class SideBar:
    """The newest conversations, and the balance of the key that pays. Each is one query, and read only where shown."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def page(self) -> ConversationPage:
        return conversation_page(self.user)

    @cached_property
    def key(self) -> ApiKey | None:
        return api_keys.key_for(self.user)

    @property
    def conversations(self) -> list[Conversation]:
        return self.page.conversations

    @property
    def next_page_url(self) -> str:
        return self.page.next_page_url

    @property
    def credits(self) -> Decimal | None:
        """None until Segmind has told it."""
        return self.key.balance if self.key else None

    @property
    def credits_are_low(self) -> bool:
        return self.key is not None and self.key.is_low

    @property
    def credits_known_at(self) -> datetime | None:
        return self.key.balance_known_at if self.key else None
