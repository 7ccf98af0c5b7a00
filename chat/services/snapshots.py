"""What a link shows: chosen from the active path, masked, and compared with what it showed before."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django.db.models import prefetch_related_objects
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from chat import markdown
from chat.models import Attachment, Conversation, Message, Share, Snapshot, SnapshotFile
from chat.queries import attach_attachments, path_to, texts_attached
from chat.sensitive import Kind, masked, spans_in

# What one page can carry; more is for a range of messages.
MOST_CHARACTERS = 2_000_000
# From so many questions on a page has a table of contents.
LONG = 6
HEADING_CHARACTERS = 70


@dataclass(frozen=True)
class Choice:
    """What of a conversation is to be shown. `unmasked`: digests of what looks private and is meant to be seen."""

    first_id: UUID | None = None
    last_id: UUID | None = None
    title: str = ""
    with_instruction: bool = False
    with_names: bool = False
    with_images: bool = False
    unmasked: frozenset[str] = frozenset()

    @classmethod
    def of(cls, share: Share) -> "Choice":
        names = ("first_id", "last_id", "title", "with_instruction", "with_names", "with_images")
        return cls(**{name: getattr(share, name) for name in names}, unmasked=frozenset(share.unmasked))


@dataclass(frozen=True)
class ShownFile:
    """A file of a message: an image at `url`, which a page of a link has relative to itself, or else a text."""

    name: str
    text: str = ""
    alt: str = ""
    url: str = ""
    width: int = 0
    height: int = 0

    @property
    def lines(self) -> int:
        return self.text.rstrip("\n").count("\n") + 1

    @property
    def facts(self) -> tuple[str | int, ...]:
        """All that readers see of it, but for its address, which is another one in each snapshot."""
        return (self.name, self.text, self.alt, self.width, self.height)


@dataclass(frozen=True)
class Shown:
    """One message as readers see it, and all that is stored of it."""

    role: str
    label: str
    text: str
    html: str = ""
    files: tuple[ShownFile, ...] = ()

    @classmethod
    def stored(cls, facts: dict[str, Any]) -> "Shown":
        return cls(**facts | {"files": tuple(ShownFile(**file) for file in facts.get("files", ()))})

    @property
    def is_from_user(self) -> bool:
        return self.role == Message.Role.USER

    @property
    def safe_html(self) -> SafeString:
        return markdown.shown(self.html)

    @property
    def heading(self) -> str:
        names = ", ".join(file.alt or file.name for file in self.files)
        return Truncator(" ".join(self.text.split()) or names).chars(HEADING_CHARACTERS)

    @property
    def facts(self) -> tuple[Any, ...]:
        """What makes it the same for readers."""
        return (self.role, self.label, self.text, *(file.facts for file in self.files))

    @property
    def in_words(self) -> str:
        """Its text, and after it what its files are called."""
        return "\n".join([self.text, *(f"[{file.alt or file.name}]" for file in self.files)]).strip()

    @property
    def characters(self) -> int:
        return len(self.text) + sum(len(file.text) for file in self.files)


@dataclass(frozen=True)
class Finding:
    """Something that looks private, however often it stands there."""

    kind: Kind
    value: str
    digest: str
    count: int
    is_masked: bool


@dataclass(frozen=True)
class Draft:
    """What a link would show, and what it was made of."""

    title: str
    instruction: str
    messages: list[Shown]
    findings: list[Finding]
    # By the address that the preview has for it.
    images: dict[str, Attachment] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """Another one whenever readers would see something else."""
        seen = [self.title, self.instruction, [m.facts for m in self.messages], list(self.images)]
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()

    @property
    def is_too_long(self) -> bool:
        return sum(message.characters for message in self.messages) > MOST_CHARACTERS


def draft_of(conversation: Conversation, choice: Choice) -> Draft:
    """What a link with this choice would show now. Two queries, and two more if there are attachments."""
    path = messages_to_share(conversation)
    chosen = within(path, choice)
    attachments = attachments_to_share(chosen, choice)
    title = choice.title or title_of(conversation, path, chosen)
    instruction = conversation.instruction if choice.with_instruction else ""
    texts = [title, instruction]
    for message in chosen:
        texts.append(message.text)
        texts += [text for file in attachments[message.pk] for text in (file.name, file.alt, file.text)]
    return Draft(
        title=masked(title, but=choice.unmasked)[:200],
        instruction=masked(instruction, but=choice.unmasked),
        messages=[m for m in (shown(m, conversation, choice, attachments[m.pk]) for m in chosen) if m.in_words],
        findings=findings_in(texts, choice.unmasked),
        images={file.get_absolute_url(): file for files in attachments.values() for file in files if file.is_image},
    )


def messages_to_share(conversation: Conversation) -> list[Message]:
    """The active path, but for answers that did not come, or have not come yet."""
    path = path_to(conversation.active_leaf_id)
    prefetch_related_objects(path, "model")
    return [message for message in path if message.text or message.attachment_count]


def attachments_to_share(messages: list[Message], choice: Choice) -> dict[UUID, list[Attachment]]:
    """The files that are shown of each message, text files with their contents."""
    attach_attachments(messages)
    texts = texts_attached(messages)
    shared: dict[UUID, list[Attachment]] = {}
    for message in messages:
        files = list(message.attachments.all()) if message.attachment_count else []
        shared[message.pk] = [file for file in files if choice.with_images or not file.is_image]
        for file in shared[message.pk]:
            file.text = texts.get(file.pk, "")
    return shared


def within(path: list[Message], choice: Choice) -> list[Message]:
    """From the first chosen message to the last; one that isn't on the path any more limits nothing."""
    ids = [message.pk for message in path]
    start = ids.index(choice.first_id) if choice.first_id in ids else 0
    end = ids.index(choice.last_id) + 1 if choice.last_id in ids else len(ids)
    return path[start:end]


def title_of(conversation: Conversation, path: list[Message], chosen: list[Message]) -> str:
    """The conversation's, which may be cut from its first message; from the first one shown, if that isn't it."""
    if chosen[:1] == path[:1]:
        return conversation.title
    return Conversation.title_from(chosen[0].text) if chosen else ""


def shown(message: Message, conversation: Conversation, choice: Choice, attachments: list[Attachment]) -> Shown:
    text = masked(message.text, but=choice.unmasked)
    if message.is_from_user:
        files = tuple(shown_file(attachment, choice) for attachment in attachments)
        return Shown(message.role, conversation.owner.name if choice.with_names else _("Author"), text, files=files)
    is_stored = text == message.text and message.stored_html_version == markdown.VERSION
    html = message.stored_html if is_stored else markdown.render(text)
    return Shown(message.role, message.label, text, str(html))


def shown_file(attachment: Attachment, choice: Choice) -> ShownFile:
    return ShownFile(
        name=masked(attachment.name, but=choice.unmasked),
        text=masked(attachment.text, but=choice.unmasked),
        alt=masked(attachment.alt, but=choice.unmasked),
        url=attachment.get_absolute_url() if attachment.is_image else "",
        width=attachment.width,
        height=attachment.height,
    )


def findings_in(texts: list[str], unmasked: frozenset[str]) -> list[Finding]:
    """Each thing that looks private once, in the order of its first appearance."""
    spans = [span for text in texts for span in spans_in(text)]
    counts = Counter(span.digest for span in spans)
    first = {span.digest: span for span in reversed(spans)}
    return [
        Finding(first[digest].kind, first[digest].value, digest, count, digest not in unmasked)
        for digest, count in counts.items()
    ]


# --- Stored -------------------------------------------------------------------
def publish(share: Share, draft: Draft) -> None:
    """Freeze it, in the caller's transaction, which has the attachments under lock."""
    images = {url: frozen_image(attachment) for url, attachment in draft.images.items()}
    frozen = {
        "title": draft.title,
        "instruction": draft.instruction,
        "messages": [asdict(frozen_message(message, images)) for message in draft.messages],
        "html_version": markdown.VERSION,
        "model": share.conversation.model,
    }
    snapshot, _created = Snapshot.objects.update_or_create(share=share, defaults=frozen)
    snapshot.files.all().delete()
    for image in images.values():
        image.snapshot = snapshot
    SnapshotFile.objects.bulk_create(images.values())


def frozen_image(attachment: Attachment) -> SnapshotFile:
    same = ("file", "thumbnail", "width", "height", "bytes", "digest")
    return SnapshotFile(pk=uuid4(), **{name: getattr(attachment, name) for name in same})


def frozen_message(message: Shown, images: dict[str, SnapshotFile]) -> Shown:
    """With addresses that say nothing of the attachments, relative to each page that shows the snapshot."""
    files = (replace(file, url=url_of(images[file.url])) if file.url else file for file in message.files)
    return replace(message, files=tuple(files))


def url_of(image: SnapshotFile) -> str:
    return f"images/{image.pk}/"


def shown_in(snapshot: Snapshot) -> list[Shown]:
    """The frozen messages. What another renderer has made is rendered anew: a hole in that one must not stay open."""
    messages = [Shown.stored(message) for message in snapshot.messages]
    if snapshot.html_version == markdown.VERSION:
        return messages
    return [m if m.is_from_user else replace(m, html=str(markdown.render(m.text))) for m in messages]


# --- Compared -----------------------------------------------------------------
@dataclass(frozen=True)
class Change:
    """How one message differs from what is published. Of the two texts only those that apply."""

    kind: str
    label: str
    before: str = ""
    after: str = ""


def changes_between(snapshot: Snapshot | None, draft: Draft) -> list[Change]:
    """What an update would change for readers, in the order of the page."""
    if snapshot is None:
        return []
    heads = [(_("Title"), snapshot.title, draft.title), (_("Instruction"), snapshot.instruction, draft.instruction)]
    changes = [Change("changed", label, old, new) for label, old, new in heads if old != new]
    return [*changes, *changed_messages([Shown.stored(message) for message in snapshot.messages], draft.messages)]


def changed_messages(before: list[Shown], after: list[Shown]) -> Iterator[Change]:
    old, new = ([m.facts for m in messages] for messages in (before, after))
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        pairs = min(b - a, d - c)
        for i in range(pairs):
            yield Change("changed", after[c + i].label, before[a + i].in_words, after[c + i].in_words)
        for message in before[a + pairs : b]:
            yield Change("removed", message.label, before=message.in_words)
        for message in after[c + pairs : d]:
            yield Change("added", message.label, after=message.in_words)
