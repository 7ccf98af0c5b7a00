"""A person's own data as a ZIP file. What is in it says its README, which is templates/chat/export.md."""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Picture, User
from accounts.services.audit import Action, record
from chat.models import Conversation, Message, Preset, Reply
from chat.models.preset import default_among

# Raised when a field gets another meaning or goes away; new ones may come at any time.
SCHEMA = 1
# A message may have 400,000 characters.
ROWS_AT_ONCE = 25
LONGEST_NAME = 60


@transaction.atomic
def write_archive(*, owner: User, file: IO[bytes]) -> None:
    """Write all that is theirs into `file` as a ZIP. Holds a few dozen messages in memory, however many there are."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.md", render_to_string("chat/export.md", {"schema": SCHEMA, "now": timezone.now()}))
        archive.writestr("profile.json", as_json(profile_of(owner)))
        for picture in Picture.objects.filter(user=owner):
            archive.writestr("picture.webp", bytes(picture.webp))
        conversations = Conversation.objects.visible_to(owner).select_related("model").newest_first()
        for conversation in conversations.iterator(chunk_size=ROWS_AT_ONCE):
            write_conversation(archive, conversation)
    record(Action.DATA_EXPORTED, actor=owner, subject=owner)


def write_conversation(archive: zipfile.ZipFile, conversation: Conversation) -> None:
    """Two files: all versions of every message as JSON, and the active path to be read as Markdown."""
    title = slugify(conversation.title)[:LONGEST_NAME] or "untitled"
    name = f"conversations/{conversation.created_at:%Y-%m-%d}-{title}-{conversation.pk}"
    with archive.open(f"{name}.json", "w", force_zip64=True) as file:
        for part in json_parts(conversation):
            file.write(part.encode())
    with archive.open(f"{name}.md", "w", force_zip64=True) as file:
        for part in markdown_parts(conversation):
            file.write(part.encode())


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


def markdown_parts(conversation: Conversation) -> Iterator[str]:
    """The active path, oldest first."""
    yield f"# {conversation.title}\n"
    if conversation.instruction:
        yield "".join(f"\n> {line}" for line in conversation.instruction.splitlines()) + "\n"
    for message in chain.from_iterable(in_pieces(conversation, active_path(conversation))):
        yield f"\n## {message.label}, {timezone.localtime(message.created_at):%Y-%m-%d %H:%M}\n\n{message.text}\n"


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
    messages = conversation.messages.select_related("model")
    for start in range(0, len(ids), ROWS_AT_ONCE):
        piece = ids[start : start + ROWS_AT_ONCE]
        rows = messages.in_bulk(piece)
        yield [rows[pk] for pk in piece]


def with_replies(messages: list[Message]) -> Iterator[tuple[Message, list[Reply]]]:
    """Each message with all attempts at it, oldest first. (A prefetch would tie both together until a garbage run.)"""
    replies = defaultdict(list)
    for reply in Reply.objects.filter(message__in=messages).select_related("model").order_by("created_at", "pk"):
        replies[reply.message_id].append(reply)
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
        "new_chats": {
            "model": preferred.model.slug if preferred and preferred.model else None,
            "instruction": preferred.instruction if preferred else "",
        },
        "presets": [preset_facts(preset) for preset in owner.presets.select_related("model").in_order()],
        "prompts": list(owner.prompts.in_order().values("name", "text", "created_at")),
        "own_limits": list(owner.budgets.filter(is_own=True).order_by("pk").values("window", "limit", "time_zone")),
        "budget_requests": list(
            owner.budget_requests.order_by("pk").values("amount", "reason", "state", "created_at", "decided_at")
        ),
        # Never a value.
        "api_keys": list(owner.api_keys.order_by("created_at").values("label", "created_at", "last_used_at")),
    }


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
        "replies": [reply_facts(reply) for reply in replies],
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


def as_json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2) + "\n"
