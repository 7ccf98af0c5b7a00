"""A conversation as Markdown, JSON or a page of HTML, and all of a person's own data as a ZIP file.

What is in each says the ZIP's README, which is templates/chat/export.md; chat/services/import_files.py reads the JSON.
"""

import json
import shutil
import zipfile
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import IO, Any
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Picture, User
from accounts.services.audit import Action, record
from chat.models import Attachment, Conversation, Draft, Message, Preset, Reply, Share
from chat.models.preset import default_among
from chat.models.reply import State
from chat.queries import attach_attachments, read_texts_again, texts_attached

# Raised when a field gets another meaning or goes away; new ones may come at any time.
SCHEMA = 1
# A message may have 400,000 characters.
ROWS_AT_ONCE = 25
LONGEST_NAME = 60
# What a page of HTML needs of the site's looks.
STYLES = ("tokens", "base", "prose", "maths", "reading")
log = structlog.get_logger(__name__)


@transaction.atomic
def write_archive(*, owner: User, file: IO[bytes]) -> None:
    """Write all that is theirs into `file` as a ZIP. Holds a few dozen messages in memory, however many there are."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.md", render_to_string("chat/export.md", {"schema": SCHEMA, "now": timezone.now()}))
        archive.writestr("profile.json", as_json(profile_of(owner)))
        archive.writestr("drafts.json", as_json(drafts_of(owner)))
        for picture in Picture.objects.filter(user=owner):
            archive.writestr("picture.webp", bytes(picture.webp))
        for attachment in Attachment.objects.visible_to(owner).iterator(chunk_size=ROWS_AT_ONCE):
            write_attachment(archive, attachment)
        conversations = Conversation.objects.owned_by(owner).select_related("model").newest_first()
        for conversation in conversations.iterator(chunk_size=ROWS_AT_ONCE):
            write_conversation(archive, conversation)
    record(Action.DATA_EXPORTED, actor=owner, subject=owner)


def write_attachment(archive: zipfile.ZipFile, attachment: Attachment) -> None:
    """The file as it is kept here. One that the storage has lost is left out: the rest is still worth having."""
    if not attachment.is_image:
        archive.writestr(exported_name(attachment), attachment.text)
        return
    try:
        with default_storage.open(attachment.file) as stored, archive.open(exported_name(attachment), "w") as copy:
            shutil.copyfileobj(stored, copy)
    except FileNotFoundError:
        log.warning("file_not_exported", attachment=str(attachment.pk))


def exported_name(attachment: Attachment) -> str:
    """Not the person's own name for it, which may mean something to a disk."""
    ending = PurePosixPath(attachment.file).suffix if attachment.is_image else ".txt"
    return f"attachments/{attachment.pk}{ending}"


def write_conversation(archive: zipfile.ZipFile, conversation: Conversation) -> None:
    """Three files: all versions of every message as JSON, and the active path to be read."""
    name = f"conversations/{file_name(conversation)}-{conversation.pk}"
    for ending, parts in (PARTS | {"md": partial(markdown_parts, with_files=True)}).items():
        with archive.open(f"{name}.{ending}", "w", force_zip64=True) as file:
            write_parts(parts(conversation), file)


def write_parts(parts: Iterator[str], file: IO[bytes]) -> None:
    for part in parts:
        file.write(part.encode())


def file_name(conversation: Conversation) -> str:
    """Of letters, digits and hyphens only, without an ending."""
    title = slugify(conversation.title)[:LONGEST_NAME] or "untitled"
    return f"{conversation.created_at:%Y-%m-%d}-{title}"


def json_parts(conversation: Conversation) -> Iterator[str]:
    """The conversation as one JSON object, message by message."""
    head = as_json(conversation_facts(conversation)).rstrip().removesuffix("}").rstrip()
    yield f'{head},\n  "messages": ['
    separator = "\n"
    in_order = conversation.messages.order_by("created_at", "pk").values_list("pk", flat=True)
    for piece in in_pieces(conversation, list(in_order)):
        for message, replies in with_replies(piece):
            yield separator + as_json(message_facts(message, replies)).rstrip()
            separator = ",\n"
    yield "\n  ]\n}\n"


def markdown_parts(conversation: Conversation, *, with_files: bool = False) -> Iterator[str]:
    """The active path, oldest first. `with_files`: they lie beside it, as in the ZIP; else they are only named."""
    yield f"# {conversation.title}\n"
    if conversation.instruction:
        yield "".join(f"\n> {line}" for line in conversation.instruction.splitlines()) + "\n"
    for message in chain.from_iterable(in_pieces(conversation, active_path(conversation))):
        yield f"\n## {message.label}, {timezone.localtime(message.created_at):%Y-%m-%d %H:%M}\n\n{message.text}\n"
        for attachment in attachments_of(message):
            yield f"\n{markdown_of(attachment, with_files=with_files)}\n"


def markdown_of(attachment: Attachment, *, with_files: bool) -> str:
    if with_files:
        return f"{'!' if attachment.is_image else ''}[{label_of(attachment)}](../{exported_name(attachment)})"
    return f"\\[{attachment.get_kind_display()}: {label_of(attachment)}\\]"


def html_parts(conversation: Conversation) -> Iterator[str]:
    """The active path as a page that needs no other file and runs no script."""
    head = {"conversation": conversation, "style": style_sheet()}
    yield render_to_string("chat/export.html#head", head)
    for piece in in_pieces(conversation, active_path(conversation)):
        complete_attachments(piece, picture_of=embedded)
        yield render_to_string("chat/export.html#messages", {"messages": piece})
    yield render_to_string("chat/export.html#end")


def complete_attachments(messages: list[Message], *, picture_of: Callable[[Attachment], str]) -> None:
    """Fill in of images where a page has them from, and of text files their contents. One query, or none."""
    texts = texts_attached(messages)
    for attachment in chain.from_iterable(map(attachments_of, messages)):
        if attachment.is_image:
            attachment.picture = picture_of(attachment)
        else:
            attachment.text = texts.get(attachment.pk, "")


def embedded(image: Attachment) -> str:
    """Its thumbnail as an address that holds it, for a page without other files; "" if the storage has lost it."""
    try:
        with default_storage.open(image.thumbnail) as file:
            return f"data:image/webp;base64,{b64encode(file.read()).decode()}"
    except FileNotFoundError:
        log.warning("file_not_exported", attachment=str(image.pk))
        return ""


@cache
def style_sheet() -> str:
    """The site's own style sheets that a page of text needs, in one."""
    paths = [finders.find(f"css/{name}.css") for name in STYLES]
    return "@layer reset, base, components, utilities;\n" + "".join(Path(str(path)).read_text() for path in paths)


PARTS: dict[str, Callable[[Conversation], Iterator[str]]] = {
    "md": markdown_parts,
    "json": json_parts,
    "html": html_parts,
}
"""What writes a conversation, by the ending of the file."""


def active_path(conversation: Conversation) -> list[UUID]:
    """The ids from the first message to the active leaf."""
    parents = dict(conversation.messages.values_list("pk", "parent_id"))
    ids, pk = [], conversation.active_leaf_id
    while pk:
        ids.append(pk)
        pk = parents[pk]
    return ids[::-1]


def in_pieces(conversation: Conversation, ids: list[UUID]) -> Iterator[list[Message]]:
    """These messages in this order. All their ids are in memory at once, but not their texts."""
    # What else hangs on a message and is exported with it is to be fetched here, a piece at a time.
    messages = conversation.messages.select_related("model")
    for start in range(0, len(ids), ROWS_AT_ONCE):
        piece = ids[start : start + ROWS_AT_ONCE]
        rows = messages.in_bulk(piece)
        attach_attachments(list(rows.values()))
        yield [rows[pk] for pk in piece]


def with_replies(messages: list[Message]) -> Iterator[tuple[Message, list[Reply]]]:
    """Each message with all attempts at it, oldest first. (A prefetch would tie both together until a garbage run.)"""
    replies = defaultdict(list)
    for reply in Reply.objects.filter(message__in=messages).select_related("model").order_by("created_at", "pk"):
        replies[reply.message_id].append(reply)
    completed = {reply.message_id for each in replies.values() for reply in each if reply.state == State.COMPLETED}
    read_texts_again([message for message in messages if message.pk in completed])
    return ((message, replies[message.pk]) for message in messages)


def profile_of(owner: User) -> dict[str, Any]:
    preferred = default_among(list(Preset.objects.visible_to(owner).select_related("model")))
    return {
        "schema": SCHEMA,
        "name": owner.name,
        "email": owner.email,
        "role": owner.role,
        "joined_at": owner.date_joined,
        "time_zone": owner.time_zone or settings.TIME_ZONE,
        "language": owner.language or settings.LANGUAGE_CODE,
        "appearance": owner.appearance,
        "single_key_shortcuts": owner.single_key_shortcuts,
        "new_chats": {
            "model": preferred.model.slug if preferred and preferred.model else None,
            "instruction": preferred.instruction if preferred else "",
        },
        "shares": shares_of(owner),
        "presets": [preset_facts(preset) for preset in owner.presets.select_related("model").in_order()],
        "prompts": list(owner.prompts.in_order().values("name", "text", "created_at")),
        "own_limits": list(owner.budgets.filter(is_own=True).order_by("pk").values("window", "limit", "time_zone")),
        "budget_requests": list(
            owner.budget_requests.order_by("pk").values("amount", "reason", "state", "created_at", "decided_at")
        ),
        # Never a value.
        "api_keys": list(
            owner.api_keys.order_by("created_at").values("label", "created_at", "last_used_at", "revoked_at")
        ),
        "key_notices": list(owner.key_notices.order_by("pk").values("kind", "day", "key__label")),
    }


def shares_of(owner: User) -> list[dict[str, Any]]:
    """Without who has seen them, which is about others."""
    facts = ("conversation", "audience", "expires_at", "views_limit", "views", "created_at", "last_seen_at")
    return list(Share.objects.visible_to(owner).newest_first().values(*facts, "revoked_at"))


def drafts_of(owner: User) -> list[dict[str, Any]]:
    """What was typed and not sent."""
    drafts = Draft.objects.visible_to(owner).unsent().order_by("-updated_at")
    return [dict(draft) for draft in drafts.values("text", "updated_at", conversation=F("conversation_id"))]


def preset_facts(preset: Preset) -> dict[str, Any]:
    return {
        "name": preset.name,
        "model": preset.model.slug if preset.model else None,
        "instruction": preset.instruction,
        "temperature": preset.temperature,
        "is_default": preset.is_default,
        "created_at": preset.created_at,
    }


def conversation_facts(conversation: Conversation) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "id": conversation.pk,
        "title": conversation.title,
        "model": conversation.model.slug if conversation.model else None,
        "instruction": conversation.instruction,
        "temperature": conversation.temperature,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "active_leaf": conversation.active_leaf_id,
        "pinned": conversation.is_pinned,
        "archived_at": conversation.archived_at,
        "trashed_at": conversation.trashed_at,
        "origin": conversation.origin_id,
    }


def message_facts(message: Message, replies: list[Reply]) -> dict[str, Any]:
    return {
        "id": message.pk,
        "parent": message.parent_id,
        "role": message.role,
        "text": message.text,
        "starts_fresh_after": message.starts_fresh_after,
        "created_at": message.created_at,
        "model": message.model.slug if message.model else None,
        "instruction": message.instruction,
        "temperature": message.temperature,
        "attachments": [attachment_facts(attachment) for attachment in attachments_of(message)],
        "replies": [reply_facts(reply) for reply in replies],
    }


def attachments_of(message: Message) -> list[Attachment]:
    return list(message.attachments.all()) if message.attachment_count else []


def label_of(attachment: Attachment) -> str:
    """In Markdown, where a bracket would end it."""
    return (attachment.alt or attachment.name).translate(str.maketrans("[]", "()"))


def attachment_facts(attachment: Attachment) -> dict[str, Any]:
    return {
        "id": attachment.pk,
        "kind": attachment.kind,
        "name": attachment.name,
        "description": attachment.alt,
        "bytes": attachment.bytes,
        "width": attachment.width or None,
        "height": attachment.height or None,
        "file": exported_name(attachment),
    }


def reply_facts(reply: Reply) -> dict[str, Any]:
    return {
        "id": reply.pk,
        "state": reply.state,
        "model": reply.model.slug,
        "version": reply.version,
        "key_label": reply.key_label,
        "billed": reply.billed,
        "cost": reply.cost,
        "input_tokens": reply.input_tokens,
        "output_tokens": reply.output_tokens,
        "failure": reply.failure_kind or None,
        "created_at": reply.created_at,
        "finished_at": reply.finished_at,
    }


class Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        # Django's cuts a time to milliseconds, within which two messages may have been stored.
        return o.isoformat().replace("+00:00", "Z") if isinstance(o, datetime) else super().default(o)


def as_json(facts: dict[str, Any] | list[dict[str, Any]]) -> str:
    return json.dumps(facts, cls=Encoder, ensure_ascii=False, indent=2) + "\n"
