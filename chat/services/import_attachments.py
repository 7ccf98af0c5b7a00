"""The files of imported messages: read as uploads are, so that a hostile archive can do no more than a hostile upload.

An id is kept if nobody has it yet, else it follows from the message and the old id, so that it is the same next time.
"""

import uuid
from collections.abc import Iterator
from io import BytesIO

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, Subquery

from accounts.models import User
from chat.models import Attachment, Message
from chat.services.attachments import keep_image, keep_text
from chat.services.import_files import AttachedFiles, ImportedAttachment, ImportedMessage
from chat.services.uploads import CannotAttach, NewImage, digest_of, read_upload


def missing_attachments(
    messages: tuple[ImportedMessage, ...], ids: dict[uuid.UUID, uuid.UUID]
) -> list[tuple[Attachment, ImportedAttachment]]:
    """A row that is not stored yet for each file that its message has not got. One query, or none."""
    wanted = list(rows_for(messages, ids))
    candidates = {pk for row, given in wanted for pk in (row.pk, given.id)}
    rows = Attachment.objects.filter(pk__in=candidates).values_list("pk", "message_id") if candidates else ()
    homes: dict[uuid.UUID, uuid.UUID | None] = dict(rows)
    missing: list[tuple[Attachment, ImportedAttachment]] = []
    for row, given in wanted:
        if row.message_id in (homes.get(row.pk), homes.get(given.id)):
            continue
        if given.id not in homes:
            row.pk = given.id
        # So that the same id a second time in the file is another row.
        homes[row.pk] = row.message_id
        missing.append((row, given))
    return missing


def rows_for(
    messages: tuple[ImportedMessage, ...], ids: dict[uuid.UUID, uuid.UUID]
) -> Iterator[tuple[Attachment, ImportedAttachment]]:
    for message in messages:
        for position, given in enumerate(message.attachments):
            own_id = uuid.uuid5(ids[message.id], str(given.id))
            row = Attachment(pk=own_id, message_id=ids[message.id], position=position, name=given.name, alt=given.alt)
            yield row, given


def store_attachments(
    missing: list[tuple[Attachment, ImportedAttachment]],
    *,
    owner: User,
    conversation_id: uuid.UUID,
    attached: AttachedFiles,
) -> int:
    """How many were stored; the others are not there, or are refused as an upload would be. Outside a transaction."""
    stored = 0
    for row, given in missing:
        row.owner, row.conversation_id = owner, conversation_id
        stored += is_stored(row, attached.read(given.file))
    messages = Message.objects.filter(pk__in={row.message_id for row, _given in missing})
    files = Attachment.objects.filter(message=OuterRef("pk")).values("message").annotate(count=Count("pk"))
    if stored:
        messages.filter(attachments__isnull=False).update(attachment_count=Subquery(files.values("count")))
    return stored


def is_stored(row: Attachment, content: bytes | None) -> bool:
    if content is None:
        return False
    file = BytesIO(content)
    try:
        found = read_upload(file, size=len(content), name=row.name)
        row.digest = digest_of(file)
        if isinstance(found, NewImage):
            keep_image(row, found)
        else:
            with transaction.atomic():
                keep_text(row, found)
    # The second: another import of the same file was faster.
    except (CannotAttach, IntegrityError):
        return False
    return True
