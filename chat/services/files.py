"""Stored files, through Django's storage. None is left behind: one without a row is noted in StrayFile, and removed."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chat.models import Attachment, SnapshotFile, StrayFile

FOLDER = "attachments"
# A process that dies between storing a file and its row leaves the file for as long.
ADOPTED_WITHIN = timedelta(hours=1)
TRY_AGAIN_AFTER = timedelta(minutes=10)
FILES_AT_ONCE = 100
log = structlog.get_logger(__name__)


def store(contents: Sequence[tuple[bytes, str]]) -> list[str]:
    """Store each content under a random name with this ending (".png"). They are strays until a row has adopted them.

    Call it outside of a transaction: the note has to outlast whatever comes next.
    """
    names = [random_name(ending) for _, ending in contents]
    StrayFile.objects.bulk_create(StrayFile(name=name, due_at=timezone.now() + ADOPTED_WITHIN) for name in names)
    return [
        default_storage.save(name, ContentFile(content)) for name, (content, _) in zip(names, contents, strict=True)
    ]


def random_name(ending: str) -> str:
    """Nothing of what the person called the file, and nothing that could be guessed."""
    random = secrets.token_hex(16)
    return f"{FOLDER}/{random[:2]}/{random}{ending}"


def adopt(names: Sequence[str]) -> None:
    """In the transaction that stores the row: the files are no strays any more."""
    StrayFile.objects.filter(name__in=names).delete()


def remove_strays_on_commit() -> None:
    """After rows were deleted. The files go at once; what can't be removed then, the job tries again."""
    transaction.on_commit(remove_strays, robust=True)


@transaction.atomic
def remove_strays() -> int:
    """Remove the files whose rows are gone, up to FILES_AT_ONCE. Returns how many."""
    due = StrayFile.objects.filter(due_at__lte=timezone.now()).order_by("due_at").select_for_update(skip_locked=True)
    return sum(is_removed(stray) for stray in due[:FILES_AT_ONCE])


def is_removed(stray: StrayFile) -> bool:
    """Remove one. False if it is somebody's, as of a copied or shared message, or if the storage can't at present."""
    named = Q(file=stray.name) | Q(thumbnail=stray.name)
    kept = Attachment.objects.filter(named).exists() or SnapshotFile.objects.filter(named).exists()
    try:
        if not kept:
            default_storage.delete(stray.name)
    # Broad on purpose: every storage has faults of its own, and one file must not keep the others.
    except Exception:
        log.exception("file_not_removed", file=stray.name)
        stray.due_at = timezone.now() + TRY_AGAIN_AFTER
        stray.save(update_fields=["due_at"])
        return False
    stray.delete()
    return not kept
