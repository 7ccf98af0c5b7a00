"""From a file that claims to be an export of ours to clean values. Whoever sends it may be hostile.

The schema is written down in templates/chat/export.md. Nothing here knows the database.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from chat.models import Message
from chat.models.attachment import LONGEST_ALT
from chat.services.attachments import MOST_PER_MESSAGE, tidy_alt
from chat.services.export import SCHEMA
from chat.services.uploads import LARGEST_UPLOAD_BYTES, harmless_name

LARGEST_FILE_BYTES = 100 * 1024 * 1024
LARGEST_CONVERSATION_BYTES = 25 * 1024 * 1024
# Brackets in it, those of code among them: 3 bytes of JSON may become 70 in memory.
MOST_BRACKETS = 1_000_000
# What comes out of all files of an archive.
LARGEST_ARCHIVE_BYTES = 512 * 1024 * 1024
# Of a ZIP's list of contents, which is read at once: about 50,000 names.
LARGEST_LIST_BYTES = 8 * 1024 * 1024
MOST_MESSAGES = 50_000
LONGEST_TITLE = 200
LONGEST_INSTRUCTION = 20_000
LONGEST_TEXT = 4_000_000
LONGEST_NAME = 100
# Of one archive: to look into an image takes a moment.
MOST_ATTACHMENTS = 5_000
YEARS = range(1970, 2101)

NAME = re.compile(r"conversations/[^/]+\.json")
UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")
# At the end of a ZIP: its mark, 8 bytes of numbers, then how long the list of contents is. A comment may follow.
END_OF_ZIP, LONGEST_COMMENT = b"PK\x05\x06", 65_535


ATTACHMENT = re.compile(r"attachments/[0-9a-f-]{36}\.(?:png|jpg|txt)")


class Unreadable(Exception):
    """The sentence says to a person what is wrong with the file."""


@dataclass(frozen=True)
class ImportedAttachment:
    """`file`: its place in the archive, if it is one that an export of ours has."""

    id: UUID
    name: str
    alt: str
    file: str


@dataclass(frozen=True)
class ImportedMessage:
    id: UUID
    parent: UUID | None
    role: str
    text: str
    starts_fresh_after: bool
    created_at: datetime
    model: str | None
    instruction: str
    temperature: float | None
    attachments: tuple[ImportedAttachment, ...] = ()


@dataclass(frozen=True)
class ImportedConversation:
    """`messages` are a tree: each parent is among them, and `active_leaf` is one of them, or None."""

    id: UUID
    title: str
    model: str | None
    instruction: str
    temperature: float | None
    created_at: datetime
    updated_at: datetime
    active_leaf: UUID | None
    messages: tuple[ImportedMessage, ...]


@dataclass(frozen=True)
class Entry:
    """One conversation of a file: `name` is what to call it as long as its title isn't known."""

    name: str
    data: bytes
    attached: "AttachedFiles"

    def read(self) -> ImportedConversation:
        """Raises Unreadable."""
        return conversation_from(facts_from(self.data))


class AttachedFiles:
    """The files beside the conversations of an archive, each read when it is asked for; a single conversation has none.

    What comes out of all together is limited, however often one is asked for.
    """

    def __init__(self, archive: zipfile.ZipFile | None = None) -> None:
        self.archive, self.room, self.left = archive, LARGEST_ARCHIVE_BYTES, MOST_ATTACHMENTS
        self.names = set(archive.namelist()) if archive else set()

    def __contains__(self, name: str) -> bool:
        return bool(ATTACHMENT.fullmatch(name)) and name in self.names

    def read(self, name: str) -> bytes | None:
        """None if it is not there, damaged, or too much."""
        if self.archive is None or name not in self or self.room < 0 or not self.left:
            return None
        self.left -= 1
        try:
            data = _member(self.archive, self.archive.getinfo(name), longest=LARGEST_UPLOAD_BYTES)
        except (Unreadable, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError, OSError):
            self.room -= LARGEST_UPLOAD_BYTES
            return None
        self.room -= len(data)
        return data


def entries_of(file: IO[bytes]) -> Iterator[Entry | Unreadable]:
    """The conversations in a JSON file or a ZIP, one at a time. Raises Unreadable if it is neither."""
    beginning = file.read(2)
    file.seek(0)
    if beginning != b"PK":
        yield Entry("JSON", _whole(file, longest=LARGEST_CONVERSATION_BYTES), AttachedFiles())
        return
    try:
        with _archive(file) as archive:
            yield from _entries_of_archive(archive)
    except (zipfile.BadZipFile, NotImplementedError, OverflowError, ValueError, OSError) as error:
        raise Unreadable(_("This ZIP file is damaged, or of a kind that can't be read.")) from error


def _archive(file: IO[bytes]) -> zipfile.ZipFile:
    size = file.seek(0, 2)
    file.seek(max(0, size - LONGEST_COMMENT - 22))
    _before, mark, end = file.read().rpartition(END_OF_ZIP)
    if not mark or int.from_bytes(end[8:12], "little") > LARGEST_LIST_BYTES:
        raise zipfile.BadZipFile
    return zipfile.ZipFile(file)


def _entries_of_archive(archive: zipfile.ZipFile) -> Iterator[Entry | Unreadable]:
    members = [member for member in archive.infolist() if NAME.fullmatch(member.filename)]
    if not members:
        raise Unreadable(_("There is no conversation in this ZIP file."))
    room, attached = LARGEST_ARCHIVE_BYTES, AttachedFiles(archive)
    for member in members:
        name = member.filename.removeprefix("conversations/")[:LONGEST_NAME]
        try:
            entry = Entry(name, _member(archive, member, longest=LARGEST_CONVERSATION_BYTES), attached)
        except (Unreadable, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
            room -= LARGEST_CONVERSATION_BYTES
            yield error if isinstance(error, Unreadable) else Unreadable(f"{name}: {_('This part is damaged.')}")
        else:
            room -= len(entry.data)
            yield entry
        if room < 0:
            raise Unreadable(_("There is too much in this ZIP file. Import its conversations one by one."))


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, longest: int) -> bytes:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    with archive.open(member) as file:
        return _whole(file, longest=longest)


def _whole(file: IO[bytes], *, longest: int) -> bytes:
    """All of it, unless that is too much: what a ZIP says of its sizes need not be true."""
    data = file.read(longest + 1)
    if len(data) > longest:
        raise Unreadable(_("This conversation is too large to be imported."))
    return data


# --- From bytes to facts ------------------------------------------------------
def facts_from(data: bytes) -> dict[str, Any]:
    """Raises Unreadable."""
    if data.count(b"[") + data.count(b"{") > MOST_BRACKETS:
        raise Unreadable(_("This conversation is too large to be imported."))
    try:
        facts = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unreadable(_("This is no JSON file.")) from error
    if not isinstance(facts, dict) or "messages" not in facts:
        raise Unreadable(_("This is no conversation that Parley has exported."))
    if facts.get("schema") != SCHEMA:
        raise Unreadable(_("This was exported by another version of Parley, and can't be read by this one."))
    return facts


def _refuse(constant: str) -> None:
    raise ValueError(constant)


# --- From facts to a conversation ---------------------------------------------
def conversation_from(facts: dict[str, Any]) -> ImportedConversation:
    """Raises Unreadable."""
    messages = facts["messages"]
    if not isinstance(messages, list) or len(messages) > MOST_MESSAGES:
        raise Unreadable(_("Its messages are no list, or too many."))
    conversation = ImportedConversation(
        id=_id(facts, "id"),
        title=_text(facts, "title", longest=LONGEST_TITLE).strip() or _("Untitled"),
        model=_slug(facts),
        instruction=_text(facts, "instruction", longest=LONGEST_INSTRUCTION),
        temperature=_temperature(facts),
        created_at=_time(facts, "created_at"),
        updated_at=_time(facts, "updated_at"),
        active_leaf=_optional_id(facts, "active_leaf"),
        messages=tuple(_message(message) for message in messages),
    )
    _check_tree(conversation)
    return conversation


def _message(facts: Any) -> ImportedMessage:
    if not isinstance(facts, dict):
        raise Unreadable(_("One of its messages is none."))
    role = facts.get("role")
    if role not in Message.Role.values:
        raise _wrong("role")
    return ImportedMessage(
        id=_id(facts, "id"),
        parent=_optional_id(facts, "parent"),
        role=role,
        text=_text(facts, "text", longest=LONGEST_TEXT),
        starts_fresh_after=facts.get("starts_fresh_after") is True,
        created_at=_time(facts, "created_at"),
        model=_slug(facts),
        instruction=_text(facts, "instruction", longest=LONGEST_INSTRUCTION),
        temperature=_temperature(facts),
        attachments=_attachments(facts) if role == Message.Role.USER else (),
    )


def _attachments(facts: dict[str, Any]) -> tuple[ImportedAttachment, ...]:
    """Exports of older versions have none."""
    attachments = facts.get("attachments") or []
    if not isinstance(attachments, list) or len(attachments) > MOST_PER_MESSAGE:
        raise _wrong("attachments")
    return tuple(_attachment(attachment) for attachment in attachments)


def _attachment(facts: Any) -> ImportedAttachment:
    if not isinstance(facts, dict):
        raise _wrong("attachments")
    return ImportedAttachment(
        id=_id(facts, "id"),
        name=harmless_name(_text(facts, "name", longest=LONGEST_NAME)),
        alt=tidy_alt(_text(facts, "description", longest=LONGEST_ALT)),
        file=_text(facts, "file", longest=LONGEST_NAME),
    )


def _check_tree(conversation: ImportedConversation) -> None:
    parents = {message.id: message.parent for message in conversation.messages}
    if len(parents) < len(conversation.messages):
        raise Unreadable(_("Two of its messages have the same id."))
    if not {conversation.active_leaf, *parents.values()} <= {None, *parents}:
        raise Unreadable(_("A message that another one follows is missing."))
    checked: set[UUID | None] = {None}
    for start in parents:
        path: list[UUID | None] = []
        at: UUID | None = start
        while at not in checked:
            checked.add(at)
            path.append(at)
            at = parents[at] if at else None
        if path and at in path:
            raise Unreadable(_("Its messages follow each other in a circle."))


# --- Single values ------------------------------------------------------------
def _wrong(name: str) -> Unreadable:
    return Unreadable(_("The field “%(name)s” has a value that it can't have.") % {"name": name})


def _text(facts: dict[str, Any], name: str, *, longest: int) -> str:
    text = facts.get(name) or ""
    if not isinstance(text, str) or len(text) > longest:
        raise _wrong(name)
    return UNSTORABLE.sub("\ufffd", text)


def _id(facts: dict[str, Any], name: str) -> UUID:
    try:
        return UUID(facts[name])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise _wrong(name) from error


def _optional_id(facts: dict[str, Any], name: str) -> UUID | None:
    return None if facts.get(name) is None else _id(facts, name)


def _slug(facts: dict[str, Any]) -> str | None:
    return _text(facts, "model", longest=LONGEST_NAME) or None


def _temperature(facts: dict[str, Any]) -> float | None:
    value = facts.get("temperature")
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise _wrong("temperature")
    return float(value)


def _time(facts: dict[str, Any], name: str) -> datetime:
    try:
        time = parse_datetime(facts[name])
    except (KeyError, ValueError, TypeError) as error:
        raise _wrong(name) from error
    if time is None or time.year not in YEARS:
        raise _wrong(name)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
