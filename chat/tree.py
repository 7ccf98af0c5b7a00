"""The tree of a conversation beside the active path: versions of a message, where a path ends, what is below."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from chat.models import Message
from chat.models.message import Versions

# Where the path went when it last left this message, if that still is there; else the newest end below it.
LEAF_BELOW = """
    WITH RECURSIVE below AS (
        SELECT id, created_at FROM chat_message WHERE id = COALESCE(
            (SELECT last.id FROM chat_message chosen JOIN chat_message last ON last.id = chosen.last_leaf_id
                WHERE chosen.id = %(message)s),
            %(message)s
        )
        UNION ALL
        SELECT child.id, child.created_at FROM chat_message child JOIN below ON child.parent_id = below.id
    )
    SELECT id FROM below
    WHERE NOT EXISTS (SELECT FROM chat_message child WHERE child.parent_id = below.id)
    ORDER BY created_at DESC, id LIMIT 1
"""

# The first message that is on the one path and no longer on the other keeps where its path ended.
REMEMBER_LEFT = """
    WITH RECURSIVE
    old AS (
        SELECT id, parent_id FROM chat_message WHERE id = %(old)s
        UNION ALL
        SELECT message.id, message.parent_id FROM chat_message message JOIN old ON message.id = old.parent_id
    ),
    new AS (
        SELECT id, parent_id FROM chat_message WHERE id = %(new)s
        UNION ALL
        SELECT message.id, message.parent_id FROM chat_message message JOIN new ON message.id = new.parent_id
    )
    UPDATE chat_message SET last_leaf_id = %(old)s
    WHERE id IN (
        SELECT id FROM old
        WHERE id NOT IN (SELECT id FROM new) AND (parent_id IS NULL OR parent_id IN (SELECT id FROM new))
    )
"""

BELOW = """
    WITH RECURSIVE below AS (
        SELECT id FROM chat_message WHERE id = %(message)s
        UNION ALL
        SELECT child.id FROM chat_message child JOIN below ON child.parent_id = below.id
    )
    SELECT id FROM below
"""


def attach_versions(messages: Iterable[Message]) -> None:
    """Fill in `message.versions` of those that have siblings; all are of one conversation. One query."""
    messages = [message for message in messages if not message.compared]  # those stand side by side
    if not messages:
        return
    siblings = Q(parent__in=[message.parent_id for message in messages if message.parent_id])
    if any(message.parent_id is None for message in messages):
        siblings |= Q(parent=None, conversation=messages[0].conversation_id)
    families: dict[UUID | None, list[UUID]] = defaultdict(list)
    rows = Message.objects.filter(siblings).order_by("created_at", "pk").values_list("parent_id", "pk")
    for parent_id, pk in rows:
        families[parent_id].append(pk)
    is_last = True
    for message in reversed(messages):
        message.versions = place_among(families[message.parent_id], message.pk, is_last=is_last)
        is_last = is_last and message.versions is None


def place_among(family: list[UUID], pk: UUID, *, is_last: bool) -> Versions | None:
    if len(family) < 2 or pk not in family:
        return None
    place = family.index(pk)
    return Versions(
        number=place + 1,
        count=len(family),
        previous_id=family[place - 1] if place else None,
        next_id=family[place + 1] if place + 1 < len(family) else None,
        is_last=is_last,
    )


def leaf_below(message_id: UUID) -> UUID | None:
    """Where the path through this message ends: where it did when it was last left, else at the newest message.

    None if the message is gone. One query.
    """
    return next(iter(ids(LEAF_BELOW, message=message_id)), None)


def below(message_id: UUID) -> list[UUID]:
    """The message and all that was ever said after it, on whatever path. One query."""
    return ids(BELOW, message=message_id)


def remember_left(*, old: UUID | None, new: UUID | None) -> None:
    """Note at the fork where the path ended that is left for another one, so that coming back leads there."""
    if old is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER_LEFT, {"old": old, "new": new})


def ids(statement: str, **values: Any) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]
