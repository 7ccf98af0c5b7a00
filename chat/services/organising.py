"""Keeping conversations in order: their names, the pinned ones, the archive and the trash."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Share
from chat.models.conversation import TRASH_KEEPS
from chat.services.conversations import delete_conversation, stop_replies_in
from chat.services.shares import revoke_all


def rename_conversation(*, conversation: Conversation, title: str) -> None:
    """Give it another title. Its place in the list stays."""
    conversation.title = title
    conversation.save(update_fields=["title"])


def pin_conversation(*, conversation: Conversation, pinned: bool = True) -> None:
    """Keep it at the top of the list, or no longer."""
    conversation.is_pinned = pinned
    conversation.save(update_fields=["is_pinned"])


def archive_conversation(*, conversation: Conversation) -> None:
    """Take it out of the list. It can be read, found and continued as before; continuing brings it back."""
    conversation.archived_at = conversation.archived_at or timezone.now()
    conversation.save(update_fields=["archived_at"])


def unarchive_conversation(*, conversation: Conversation) -> None:
    conversation.archived_at = None
    conversation.save(update_fields=["archived_at"])


def see_conversation(*, conversation: Conversation) -> None:
    """Its person has it before their eyes, with all its answers until now."""
    conversation.seen_at = timezone.now()
    conversation.save(update_fields=["seen_at"])


@transaction.atomic
def trash_conversation(*, conversation: Conversation) -> None:
    """Put it into the trash, with what is on its way stopped and its links revoked. It stays there for TRASH_KEEPS.

    The conversation's row goes first: a message that is being stored meets it there and is refused.
    """
    conversation.trashed_at = timezone.now()
    conversation.save(update_fields=["trashed_at"])
    stop_replies_in(conversation=conversation)
    revoke_all(Share.objects.filter(conversation=conversation))


def restore_conversation(*, conversation: Conversation) -> None:
    """Put it back where it was."""
    conversation.trashed_at = None
    conversation.save(update_fields=["trashed_at"])


def empty_trash(*, owner: User) -> int:
    """Remove all that is in their trash for good. Returns how many conversations that were."""
    in_trash = Conversation.objects.owned_by(owner).exclude(trashed_at=None)
    return remove_one_by_one(list(in_trash.values_list("pk", flat=True)))


def purge_trash() -> int:
    """Remove what has been in anybody's trash for TRASH_KEEPS. Returns how many conversations that were."""
    due = Conversation.objects.filter(trashed_at__lte=timezone.now() - TRASH_KEEPS)
    return remove_one_by_one(list(due.values_list("pk", flat=True)))


def remove_one_by_one(ids: list[UUID]) -> int:
    """Each in a transaction of its own, so that no lock is held for long; not what was restored meanwhile."""
    removed = 0
    for pk in ids:
        with transaction.atomic():
            left = Conversation.objects.select_for_update().exclude(trashed_at=None).filter(pk=pk).first()
            if left:
                delete_conversation(conversation=left)
                removed += 1
    return removed
