"""Files that go with a message: taken in when chosen, described, sent with it, or removed."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import IO, cast

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat.models import Attachment, Conversation, Message
from chat.models.attachment import LONGEST_ALT
from chat.services import files
from chat.services.uploads import CannotAttach, NewImage, Reason, digest_of, harmless_name, read_upload

MOST_PER_MESSAGE = 8
UNSENT_FOR = timedelta(days=1)
log = structlog.get_logger(__name__)


class AttachmentGone(Exception):
    """It was removed, or sent with another message."""


def attach(*, owner: User, conversation: Conversation | None, upload: UploadedFile) -> Attachment:
    """Take in a file for the next message of the conversation; None: of a new chat. Raises CannotAttach."""
    unsent = Attachment.objects.unsent().filter(owner=owner, conversation=conversation)
    if unsent.count() >= MOST_PER_MESSAGE:
        raise CannotAttach(Reason.TOO_MANY)
    name = harmless_name(upload.name or "")
    file = cast("IO[bytes]", upload.file)
    found = read_upload(file, size=upload.size or 0, name=name)
    attachment = Attachment(owner=owner, conversation=conversation, name=name, digest=digest_of(file))
    if isinstance(found, NewImage):
        return keep_image(attachment, found)
    return keep_text(attachment, found)


def keep_text(attachment: Attachment, text: str) -> Attachment:
    attachment.kind, attachment.text = Attachment.Kind.TEXT, text
    attachment.bytes, attachment.characters = len(text.encode()), len(text)
    attachment.lines = text.rstrip("\n").count("\n") + 1
    attachment.save(force_insert=True)
    return attachment


def keep_image(attachment: Attachment, image: NewImage) -> Attachment:
    attachment.kind, attachment.bytes = Attachment.Kind.IMAGE, len(image.content)
    attachment.width, attachment.height = image.width, image.height
    try:
        names = files.store([(image.content, image.ending), (image.thumbnail, ".webp")])
    # Broad on purpose: every storage has faults of its own.
    except Exception as exc:
        log.exception("file_not_stored")
        raise CannotAttach(Reason.STORAGE) from exc
    attachment.file, attachment.thumbnail = names
    with transaction.atomic():
        attachment.save(force_insert=True)
        files.adopt(names)
    return attachment


def enclose(*, message: Message, attachments: Sequence[Attachment]) -> None:
    """Send them with the message, in the caller's transaction, in this order. Raises AttachmentGone."""
    for position, attachment in enumerate(attachments):
        changes = {"message": message, "conversation": message.conversation, "position": position}
        unsent = Attachment.objects.unsent().filter(pk=attachment.pk, owner=message.author)
        if not unsent.update(**changes, alt=attachment.alt):
            raise AttachmentGone


def take_out(message: Message) -> list[Attachment]:
    """Make those of a message that is taken back unsent again, for another day."""
    sent = list(message.attachments.in_order().light())
    message.attachments.update(message=None, created_at=timezone.now())
    return sent


@transaction.atomic
def copy_attachments(*, source: Message, to: Message) -> None:
    """Let another message of the same person have them too, as after an edit. Both rows name the same stored files."""
    # Under lock: no file may go in between.
    rows = list(source.attachments.in_order().select_for_update())
    for row in rows:
        row.pk, row.message_id, row.conversation_id = uuid.uuid4(), to.pk, to.conversation_id
        row._state.adding = True
    Attachment.objects.bulk_create(rows)
    Message.objects.filter(pk=to.pk).update(attachment_count=len(rows))
    to.attachment_count = len(rows)


def describe(*, attachment: Attachment, alt: str) -> None:
    """Set the words for those who don't see the image, people and models. Cut at LONGEST_ALT characters."""
    attachment.alt = tidy_alt(alt)
    attachment.save(update_fields=["alt"])


def tidy_alt(alt: str) -> str:
    return " ".join(alt.replace("\0", "").split())[:LONGEST_ALT]


@transaction.atomic
def remove(*, attachment: Attachment) -> bool:
    """Take an unsent one back. False if it has been sent."""
    removed, _ = Attachment.objects.unsent().filter(pk=attachment.pk).delete()
    files.remove_strays_on_commit()
    return bool(removed)


def remove_unsent() -> int:
    """Remove what was chosen and not sent within a day. Returns how many."""
    old = Attachment.objects.unsent().filter(created_at__lt=timezone.now() - UNSENT_FOR)
    removed, _ = old.delete()
    return removed
