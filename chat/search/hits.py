"""The person's own messages and titles in which words occur: the newest hits, the best of them first.

Ranking reads the words of each hit, so only the newest are ranked; a narrower time reaches the others. The numbers are
in docs/decisions/2026-11-21-search.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import and_
from uuid import UUID

from django.contrib.postgres.search import SearchQueryCombinable, SearchRank
from django.db import OperationalError, connection, transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast
from psycopg.errors import QueryCanceled

from accounts.models import User
from chat.models import Attachment, Conversation, LanguageModel, Message, SearchEntry
from chat.search.alike import similar_words
from chat.search.query import SearchText, any_of

NEWEST_MESSAGES = 300
NEWEST_TITLES = 100
LONGEST_SECONDS = 5
# A long text has more of everything: PostgreSQL's rank is divided by 1 + the logarithm of its length.
BY_LENGTH = 1
# The plan depends on the words, so a plan for any words must not be kept; and no search holds a connection for long.
CAREFULLY = "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('statement_timeout', %s, true)"


class TookTooLong(Exception):
    """The database gave up after LONGEST_SECONDS: words and filters that hardly narrow anything down."""


@dataclass(frozen=True)
class Filters:
    """`model`: only conversations in which it has answered. `since` and `before` are about when it was written.

    `has_image`: only messages with an image.
    """

    conversation_id: UUID | None = None
    model: LanguageModel | None = None
    since: datetime | None = None
    before: datetime | None = None
    has_image: bool = False


@dataclass
class Group:
    """The hits in one conversation: whether its title is one, and messages, best first."""

    conversation_id: UUID
    in_title: bool = False
    message_ids: list[UUID] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """Groups, best first. `alike`: the words that were looked for instead, as nothing had those that were typed.

    `oldest` is when the oldest of these hits was written, if older ones were left out.
    """

    groups: list[Group]
    alike: list[str] = field(default_factory=list)
    oldest: datetime | None = None


def search(user: User, text: SearchText, filters: Filters) -> Found:
    """What of the person's own has these words, or words like them if nothing has. Raises TookTooLong."""
    if not text.can_match:
        return Found([])
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(CAREFULLY, [f"{LONGEST_SECONDS * 1000:.0f}ms"])
            entries = own_entries(user, filters)
            if text.excluded:
                entries = entries.exclude(vector=text.unwanted())
            return found_in(entries, text.wanted()) or found_alike(user, entries, text) or Found([])
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise


def own_entries(user: User, filters: Filters) -> QuerySet[SearchEntry]:
    conversations = Conversation.objects.visible_to(user)
    if filters.model:
        answers = Message.objects.filter(conversation=OuterRef("pk"), model=filters.model)
        conversations = conversations.filter(Exists(answers))
    # The index knows bigints only, and a small number would be sent as a smaller one.
    entries = SearchEntry.objects.filter(owner=Cast(Value(user.pk), BigIntegerField()), conversation__in=conversations)
    if filters.conversation_id:
        entries = entries.filter(conversation_id=filters.conversation_id)
    if filters.since:
        entries = entries.filter(created_at__gte=filters.since)
    if filters.before:
        entries = entries.filter(created_at__lt=filters.before)
    if filters.has_image:
        images = Attachment.objects.filter(message=OuterRef("message_id"), kind=Attachment.Kind.IMAGE)
        entries = entries.filter(Exists(images))
    return entries


def found_in(entries: QuerySet[SearchEntry], query: SearchQueryCombinable) -> Found | None:
    """The best of the newest entries; None if there is none. Three queries."""
    matching = entries.filter(vector=query)
    messages = list(newest(matching)[: NEWEST_MESSAGES + 1])
    if not messages:
        return None
    titles = newest(matching.filter(message=None))[:NEWEST_TITLES] if len(messages) > NEWEST_MESSAGES else []
    ids = {pk for pk, _ in [*messages[:NEWEST_MESSAGES], *titles]}
    rank = SearchRank(F("vector"), query, normalization=Value(BY_LENGTH))
    ranked = SearchEntry.objects.filter(pk__in=ids).annotate(rank=rank).order_by("-rank", "-created_at")
    oldest = messages[NEWEST_MESSAGES - 1][1] if len(messages) > NEWEST_MESSAGES else None
    return Found(grouped(ranked.values_list("conversation_id", "message_id")), oldest=oldest)


def newest(matching: QuerySet[SearchEntry]) -> QuerySet[SearchEntry, tuple[int, datetime]]:
    return matching.order_by("-created_at").values_list("pk", "created_at")


def grouped(ranked: Iterable[tuple[UUID, UUID | None]]) -> list[Group]:
    """By conversation, in the order of each one's best hit."""
    groups: dict[UUID, Group] = {}
    for conversation_id, message_id in ranked:
        group = groups.setdefault(conversation_id, Group(conversation_id))
        if message_id:
            group.message_ids.append(message_id)
        else:
            group.in_title = True
    return list(groups.values())


def found_alike(user: User, entries: QuerySet[SearchEntry], text: SearchText) -> Found | None:
    """For each word those that look like it: somebody has mistyped. None if nothing has them either."""
    if text.phrases:
        return None
    alike = {word: similar_words(user, word) for word in text.all_words}
    if not any(alike.values()):
        return None
    found = found_in(entries, reduce(and_, [any_of(word, others) for word, others in alike.items()]))
    others = [other for found_words in alike.values() for other in found_words]
    return Found(found.groups, others, found.oldest) if found else None
