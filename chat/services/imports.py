"""Conversations that come back from an export, as often as one likes, without anything coming twice.

An id is kept if nobody has it yet, or if it is one's own. Else the copy gets one that follows from the owner and the
old id, so that it is the same the next time. Replies are not imported: the ledger has only what was paid here.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat.models import Conversation, LanguageModel, Message
from chat.services.import_attachments import missing_attachments, store_attachments
from chat.services.import_files import Entry, ImportedConversation, ImportedMessage, Unreadable, entries_of
from chat.services.rendering import render_old_messages_soon

ROWS_AT_ONCE = 500
# Never to be changed: the ids of copies follow from it.
COPIES = uuid.UUID("5a0c1d9e-27f4-4b7e-9a51-3d2e8c6f7b10")
# The first meets another import of the same file, which the second then finds done.
TRIES = 2


class Outcome(models.TextChoices):
    NEW = "new", gettext_lazy("New")
    KNOWN = "known", gettext_lazy("Already there")
    NEWER = "newer", gettext_lazy("Has newer messages")
    UNREADABLE = "unreadable", gettext_lazy("Unreadable")


@dataclass(frozen=True)
class Line:
    """What becomes, or would become, of one conversation of the file. `messages` and `files` are those that are added.

    `left_out`: files of its messages that the archive has not got, or that are no images or texts we take.
    """

    title: str
    outcome: Outcome
    messages: int = 0
    reason: str = ""
    files: int = 0
    left_out: int = 0
    conversation_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Plan:
    """Under which ids a conversation is, or will be, and the messages that it has not got yet."""

    conversation_id: uuid.UUID
    known: Conversation | None
    ids: dict[uuid.UUID, uuid.UUID]
    missing: list[ImportedMessage]

    @property
    def outcome(self) -> Outcome:
        if self.known is None:
            return Outcome.NEW
        return Outcome.NEWER if self.missing else Outcome.KNOWN


def import_file(*, owner: User, file: IO[bytes], is_trial: bool) -> Iterator[Line]:
    """A line for each conversation of the file, as soon as it is stored; as a trial nothing is.

    Each is stored as a whole or not at all. A file that is none gives one line that says so.
    """
    model_ids = dict(LanguageModel.objects.values_list("slug", "pk"))
    stored = False
    try:
        for entry in entries_of(file):
            line = _line_of(entry, owner=owner, model_ids=model_ids, is_trial=is_trial)
            stored = stored or line.messages > 0
            yield line
    except Unreadable as error:
        yield Line(_("The file"), Outcome.UNREADABLE, reason=str(error))
    if stored and not is_trial:
        render_old_messages_soon()


def _line_of(entry: Entry | Unreadable, *, owner: User, model_ids: dict[str, int], is_trial: bool) -> Line:
    if isinstance(entry, Unreadable):
        return Line(_("A part of the file"), Outcome.UNREADABLE, reason=str(entry))
    title = entry.name
    try:
        imported = entry.read()
        title = imported.title
        plan = plan_for(owner, imported) if is_trial else _carried_out(owner, imported, model_ids)
    except Unreadable as error:
        return Line(title, Outcome.UNREADABLE, reason=str(error))
    missing = missing_attachments(imported.messages, plan.ids)
    if is_trial:
        files = sum(given.file in entry.attached for _row, given in missing)
    else:
        files = store_attachments(missing, owner=owner, conversation_id=plan.conversation_id, attached=entry.attached)
    return Line(
        title,
        plan.outcome,
        len(plan.missing),
        files=files,
        left_out=len(missing) - files,
        conversation_id=plan.conversation_id,
    )


def _carried_out(owner: User, imported: ImportedConversation, model_ids: dict[str, int]) -> Plan:
    for _try in range(TRIES):
        try:
            with transaction.atomic():
                plan = plan_for(owner, imported)
                _store(owner, imported, plan, model_ids)
        except IntegrityError:
            continue
        return plan
    raise Unreadable(_("Something else was stored under its ids at the same moment. Import it again."))


# --- Which ids ----------------------------------------------------------------
def plan_for(owner: User, imported: ImportedConversation) -> Plan:
    """Raises Unreadable. Two queries."""
    own_id = uuid.uuid5(COPIES, f"{owner.pk} {imported.id}")
    rows = Conversation.objects.in_bulk([imported.id, own_id])
    own = {pk for pk, row in rows.items() if row.owner_id == owner.pk}
    conversation_id = _chosen(imported.id, own_id, taken=set(rows), own=own)
    ids = _message_ids(conversation_id, imported)
    return Plan(conversation_id, rows.get(conversation_id), *ids)


def _message_ids(
    conversation_id: uuid.UUID, imported: ImportedConversation
) -> tuple[dict[uuid.UUID, uuid.UUID], list[ImportedMessage]]:
    """The id of each message here, by its id in the file, and the messages that are not here yet."""
    own_ids = {message.id: uuid.uuid5(conversation_id, str(message.id)) for message in imported.messages}
    rows = Message.objects.filter(pk__in=[*own_ids, *own_ids.values()]).values_list("pk", "conversation_id")
    homes = dict(rows)
    own = {pk for pk, home in homes.items() if home == conversation_id}
    ids = {old: _chosen(old, own_id, taken=set(homes), own=own) for old, own_id in own_ids.items()}
    if len(set(ids.values())) < len(ids):
        raise Unreadable(_("Two of its messages have the same id."))
    return ids, [message for message in imported.messages if ids[message.id] not in own]


def _chosen(old: uuid.UUID, own_id: uuid.UUID, *, taken: set[uuid.UUID], own: set[uuid.UUID]) -> uuid.UUID:
    """What was imported before comes first: the old id may have become free since."""
    for candidate, is_usable in ((own_id, own_id in own), (old, old in own or old not in taken)):
        if is_usable:
            return candidate
    if own_id in taken:
        raise Unreadable(_("Its ids are taken by something else."))
    return own_id


# --- Storing ------------------------------------------------------------------
def _store(owner: User, imported: ImportedConversation, plan: Plan, model_ids: dict[str, int]) -> None:
    """In the caller's transaction."""
    leaf = plan.ids.get(imported.active_leaf) if imported.active_leaf else None
    updated_at = min(imported.updated_at, timezone.now())
    if plan.known is None:
        _store_conversation(owner, imported, plan.conversation_id, updated_at, model_ids)
    _store_messages(owner, plan, model_ids)
    row = Conversation.objects.filter(pk=plan.conversation_id)
    if plan.known is None:
        row.update(active_leaf=leaf)
    elif plan.missing and leaf and updated_at > plan.known.updated_at:
        row.update(active_leaf=leaf, updated_at=updated_at)


def _store_conversation(
    owner: User, imported: ImportedConversation, pk: uuid.UUID, updated_at: datetime, model_ids: dict[str, int]
) -> None:
    conversation = Conversation(
        pk=pk,
        owner=owner,
        title=imported.title,
        model_id=model_ids.get(imported.model or ""),
        instruction=imported.instruction,
        temperature=imported.temperature,
        updated_at=updated_at,
    )
    conversation.save(force_insert=True)
    Conversation.objects.filter(pk=pk).update(created_at=imported.created_at)


def _store_messages(owner: User, plan: Plan, model_ids: dict[str, int]) -> None:
    rows = [
        Message(
            pk=plan.ids[message.id],
            conversation_id=plan.conversation_id,
            parent_id=plan.ids[message.parent] if message.parent else None,
            role=message.role,
            author=owner if message.role == Message.Role.USER else None,
            text=message.text,
            starts_fresh_after=message.starts_fresh_after,
            model_id=model_ids.get(message.model or ""),
            instruction=message.instruction,
            temperature=message.temperature,
        )
        for message in plan.missing
    ]
    Message.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
    # Storing has set them to this moment.
    for row, message in zip(rows, plan.missing, strict=True):
        row.created_at = message.created_at
    Message.objects.bulk_update(rows, ["created_at"], batch_size=ROWS_AT_ONCE)
