"""A reader goes on where a link ends, in a conversation of their own."""

import hashlib
import uuid
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from chat import markdown
from chat.models import Attachment, Conversation, LanguageModel, Message, Share, Snapshot, SnapshotFile
from chat.models.attachment import LONGEST_ALT, LONGEST_NAME
from chat.services.snapshots import Shown, ShownFile, shown_in, url_of


@transaction.atomic
def continue_in_copy(*, share: Share, reader: User) -> Conversation:
    """What the link shows, as the reader's own conversation: with its model and, if shown, its instruction.

    Raises Snapshot.DoesNotExist if it was revoked this moment.
    """
    # Under lock: no file may go in between.
    locked = Snapshot.objects.select_for_update(of=("self",))
    snapshot = locked.select_related("model", "share__owner").get(share=share)
    conversation = Conversation.objects.create(
        owner=reader,
        title=snapshot.title,
        model=snapshot.model if snapshot.model and snapshot.model.enabled else None,
        instruction=snapshot.instruction,
        copied_from=source_of(snapshot.share),
        updated_at=timezone.now(),
    )
    shown = shown_in(snapshot)
    messages = copies_of(shown, conversation)
    Message.objects.bulk_create(messages)
    images = {url_of(image): image for image in snapshot.files.all()}
    Attachment.objects.bulk_create(
        attachment
        for copy, message in zip(messages, shown, strict=True)
        for attachment in copied_files(message, copy, images)
    )
    conversation.active_leaf = messages[-1] if messages else None
    conversation.save(update_fields=["active_leaf"])
    return conversation


def copies_of(shown: list[Shown], conversation: Conversation) -> list[Message]:
    """Answers have no reply: nothing was asked, and nothing billed, for these."""
    models = {model.label: model for model in LanguageModel.objects.all()}
    copies: list[Message] = []
    for message in shown:
        copy = Message(conversation=conversation, role=message.role, text=message.text)
        copy.attachment_count = len(message.files)
        copy.parent = copies[-1] if copies else None
        if message.is_from_user:
            copy.author = conversation.owner
        else:
            copy.model = models.get(message.label)
            copy.stored_html, copy.stored_html_version = message.html, markdown.VERSION
        copies.append(copy)
    return copies


def copied_files(message: Shown, copy: Message, images: dict[str, SnapshotFile]) -> Iterator[Attachment]:
    """The files of a message, as the reader's own: images name the same stored files."""
    for position, file in enumerate(message.files):
        attachment = Attachment(pk=uuid.uuid4(), owner=copy.conversation.owner, conversation=copy.conversation)
        attachment.message, attachment.position = copy, position
        attachment.name, attachment.alt = file.name[:LONGEST_NAME], file.alt[:LONGEST_ALT]
        if file.url:
            take_image(attachment, images[file.url])
        else:
            take_text(attachment, file)
        yield attachment


def take_image(attachment: Attachment, image: SnapshotFile) -> None:
    attachment.kind = Attachment.Kind.IMAGE
    for name in ("file", "thumbnail", "width", "height", "bytes", "digest"):
        setattr(attachment, name, getattr(image, name))


def take_text(attachment: Attachment, file: ShownFile) -> None:
    content = file.text.encode()
    attachment.kind, attachment.text = Attachment.Kind.TEXT, file.text
    attachment.bytes, attachment.digest = len(content), hashlib.sha256(content).hexdigest()
    attachment.characters, attachment.lines = len(file.text), file.lines


def source_of(share: Share) -> str:
    when = date_format(timezone.localtime(share.published_at), "DATE_FORMAT")
    if share.with_names:
        return _("Continued from a conversation that %(name)s shared on %(date)s.") % {
            "name": share.owner.name,
            "date": when,
        }
    return _("Continued from a conversation that was shared on %(date)s.") % {"date": when}
