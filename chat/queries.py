"""Reads that two callers share and a QuerySet method cannot hold."""

from dataclasses import dataclass
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Prefetch, prefetch_related_objects

from accounts.models import User
from accounts.prepared import Prepared, argument
from chat.models import Attachment, Conversation, LanguageModel, Message, Reply
from chat.models.reply import State
from chat.tree import attach_versions

PAGE_OF_MESSAGES = 50

PATH = """
    WITH RECURSIVE path AS (
        SELECT id, parent_id, 1 AS steps FROM chat_message WHERE id = %(leaf)s
        UNION ALL
        SELECT message.id, message.parent_id, path.steps + 1
        FROM chat_message message JOIN path ON message.id = path.parent_id
        WHERE path.steps < %(limit)s
    )
"""
PATH_SQL = f"""{PATH}
    SELECT {{}} FROM path JOIN chat_message message USING (id) ORDER BY path.steps DESC
"""
SENT_FIELDS = ("id", "role", "text", "attachment_count")
SENT = ", ".join(SENT_FIELDS)
# Not beyond a message after which was started fresh. Every delivery asks this: one look by the primary key a message,
# and no other plan, whatever PostgreSQL takes the table's size for.
SENT_PATH_SQL = f"""
    WITH RECURSIVE path AS (
        SELECT {SENT}, parent_id, 1 AS steps FROM chat_message WHERE id = %(leaf)s
        UNION ALL
        SELECT parent.*, path.steps + 1 FROM path CROSS JOIN LATERAL (
            SELECT {SENT}, parent_id FROM chat_message
            WHERE id = path.parent_id AND NOT starts_fresh_after LIMIT 1
        ) parent
    )
    SELECT {SENT} FROM path ORDER BY steps DESC
"""
WHOLE_PATH = 1_000_000
ON_OFFER = Prepared(lambda: LanguageModel.objects.on_offer_to(argument("person")))
THIS_ON_OFFER = Prepared(lambda: LanguageModel.objects.on_offer_to(argument("person")).filter(slug=argument("slug")))


def models_on_offer_to(person: User) -> list[LanguageModel]:
    """Those that this person may choose, in their order. One query, prepared."""
    return ON_OFFER.objects(person=person.pk)


def model_on_offer_to(person: User, slug: str) -> list[LanguageModel]:
    """The one with this slug, or none. One query, prepared: a message that is sent needs no others."""
    # What no slug has in it, PostgreSQL can't even compare: a NUL or half a character.
    return THIS_ON_OFFER.objects(person=person.pk, slug=slug) if slug.isprintable() else []


def path_to(leaf_id: UUID | None, *, limit: int = WHOLE_PATH) -> list[Message]:
    """The messages from the root down to `leaf_id`, oldest first; of a longer path the last `limit`. One query."""
    return list(Message.objects.raw(PATH_SQL.format("message.*"), {"leaf": leaf_id, "limit": limit}))


def path_to_send(leaf_id: UUID | None) -> list[Message]:
    """The path to `leaf_id`, oldest first, from where the person started fresh, else whole.

    With no more of each message than is sent. One query, and one more if there are attachments, which come without the
    contents of text files.
    """
    with connection.cursor() as cursor:
        cursor.execute(SENT_PATH_SQL, {"leaf": leaf_id})
        path = [Message.from_db(DEFAULT_DB_ALIAS, SENT_FIELDS, row) for row in cursor.fetchall()]
    attach_attachments(path)
    return path


def attach_attachments(messages: list[Message]) -> None:
    """Let `message.attachments.all()` be known for those that have any. One query, and none if there are none."""
    having = [message for message in messages if message.attachment_count]
    prefetch_related_objects(having, Prefetch("attachments", Attachment.objects.light().in_order()))


def texts_attached(messages: list[Message]) -> dict[UUID, str]:
    """The contents of the text files that go with these messages, by their ids. One query, or none."""
    having = [message.pk for message in messages if message.attachment_count]
    if not having:
        return {}
    files = Attachment.objects.filter(message__in=having, kind=Attachment.Kind.TEXT)
    return dict(files.values_list("pk", "text"))


def unsent_attachments(conversation: Conversation) -> list[Attachment]:
    """What was chosen for the next message of the conversation; all new chats of a person share theirs. One query."""
    own = Attachment.objects.visible_to(conversation.owner).unsent().light()
    return list(own.filter(conversation=None if conversation.is_new else conversation).in_order())


# A message's text and its text files. Most messages have no files, and then no other table is looked at.
SIZE = """
    length(message.text) + CASE WHEN message.attachment_count > 0 THEN (
        SELECT COALESCE(SUM(characters + length(name)), 0) FROM chat_attachment WHERE message_id = message.id
    ) ELSE 0 END
"""
HISTORY = f"""
    WITH RECURSIVE path AS (
        SELECT parent_id, {SIZE} AS size FROM chat_message message WHERE id = %(leaf)s AND NOT starts_fresh_after
        UNION ALL
        SELECT message.parent_id, {SIZE}
        FROM chat_message message JOIN path ON message.id = path.parent_id WHERE NOT message.starts_fresh_after
    )
    SELECT COALESCE(SUM(size + 2) FILTER (WHERE size > 0), 0) FROM path
"""


def history_characters(leaf_id: UUID | None) -> int:
    """How many characters would go along with a message after `leaf_id`, if the model has room for all. One query.

    Text files count like text; images don't, since what one costs differs from model to model.
    """
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
        shown = [each for message in self.messages for each in message.comparison or [message]]
        return [message.reply for message in shown if message.reply]


def transcript(leaf_id: UUID | None) -> Transcript:
    """The newest messages of the path that ends at `leaf_id`, with replies, attachments and versions.

    Five queries at most, and two more where the path ends in a comparison.
    """
    if leaf_id is None:
        return Transcript([], None)
    messages = path_to(leaf_id, limit=PAGE_OF_MESSAGES)
    prefetch_related_objects(messages, "model")
    attach_replies(messages)
    attach_attachments(messages)
    attach_versions(messages)
    attach_comparison(messages)
    return Transcript(messages, messages[0] if messages and messages[0].parent_id else None)


# How many messages are shown below one that a page is opened at.
MESSAGES_BELOW = 25
ON_PATH_SQL = f"""{PATH}
    SELECT id FROM path WHERE steps = (SELECT greatest(steps - {MESSAGES_BELOW}, 1) FROM path WHERE id = %(message)s)
"""
ON_BRANCH_SQL = f"""
    WITH RECURSIVE branch AS (
        SELECT id, 0 AS steps FROM chat_message WHERE id = %(message)s
        UNION ALL
        SELECT child.id, branch.steps + 1 FROM branch CROSS JOIN LATERAL (
            SELECT id FROM chat_message WHERE parent_id = branch.id ORDER BY created_at DESC, id DESC LIMIT 1
        ) child
        WHERE branch.steps < {MESSAGES_BELOW}
    )
    SELECT id FROM branch ORDER BY steps DESC LIMIT 1
"""


def page_end_below(message: Message, *, active_leaf_id: UUID | None) -> UUID:
    """Where a page that is opened at `message` ends: some messages below it, on the active path if it is on that.

    Else on its own branch, along the newest children. Two queries at most.
    """
    with connection.cursor() as cursor:
        fields = {"leaf": active_leaf_id, "limit": WHOLE_PATH, "message": message.pk}
        cursor.execute(ON_PATH_SQL, fields)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(ON_BRANCH_SQL, {"message": message.pk})
            row = cursor.fetchone()
    leaf_id: UUID = row[0]
    return leaf_id


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
    """Fill in `message.reply`, the latest attempt at each assistant message. One query, seldom two."""
    ids = [message.pk for message in messages if not message.is_from_user]
    replies = Reply.objects.filter(message__in=ids).latest_per_message()
    latest = {reply.message_id: reply for reply in replies}
    for message in messages:
        message.reply = latest.get(message.pk)
    read_texts_again([message for message in messages if message.reply and message.reply.state == State.COMPLETED])


def read_texts_again(finished: list[Message]) -> None:
    """Of answers that came after their message was read and before their reply was, else they would seem empty.

    No query if there are none without a text.
    """
    empty = {message.pk: message for message in finished if not message.text}
    if not empty:
        return
    names = ("text", "stored_html", "stored_html_version")
    for pk, *values in Message.objects.filter(pk__in=empty).values_list("pk", *names):
        for name, value in zip(names, values, strict=True):
            setattr(empty[pk], name, value)


def attach_comparison(path: list[Message]) -> None:
    """Fill in `comparison` of the last message if it is one of several to choose from. No query otherwise."""
    if not path or not path[-1].compared:
        return
    answers = Message.objects.filter(parent=path[-1].parent_id, compared=True).select_related("model", "conversation")
    path[-1].comparison = list(answers.order_by("created_at", "pk"))
    attach_replies(path[-1].comparison)


def origin_of(conversation: Conversation) -> Message | None:
    """The message up to which it is a copy of another of the person's conversations. No query for one that is none."""
    if conversation.origin_id is None:
        return None
    own = Message.objects.filter(conversation__owner=conversation.owner_id)
    return own.select_related("conversation").filter(pk=conversation.origin_id).first()
