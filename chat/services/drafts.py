"""What was typed and not sent yet: kept for its person on every device, until it is sent or forgotten."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef
from django.utils import timezone

from chat.models import Conversation, Draft, Message

KEPT_FOR = timedelta(days=30)


def save_draft(*, conversation: Conversation, client_id: UUID, text: str) -> None:
    """Keep `text` in place of what was kept for this conversation; without any text keep nothing.

    `client_id` is the one that the message will be sent with. If it has been sent already, only what was typed behind
    it is kept, for a message of its own.
    """
    text = text.replace("\r\n", "\n")
    if sent := Message.objects.filter(conversation=conversation.pk, client_id=client_id).only("text").first():
        client_id, text = uuid4(), text.lstrip().removeprefix(sent.text.replace("\r\n", "\n")).lstrip()
    if not text.strip():
        Draft.objects.filter(owner=conversation.owner, conversation_id=conversation.pk).delete()
        return
    draft = Draft(
        owner=conversation.owner,
        conversation_id=conversation.pk,
        client_id=client_id,
        text=text,
        updated_at=timezone.now(),
    )
    Draft.objects.bulk_create(
        [draft],
        update_conflicts=True,
        unique_fields=["conversation_id", "owner"],
        update_fields=["client_id", "text", "updated_at"],
    )


def draft_for(conversation: Conversation) -> Draft | None:
    """What its owner has typed in it and not sent. For a new conversation: the newest that is for no stored one."""
    drafts = Draft.objects.visible_to(conversation.owner).unsent()
    if not conversation.is_new:
        return drafts.filter(conversation_id=conversation.pk).first()
    stored = Conversation.objects.filter(pk=OuterRef("conversation_id"))
    return drafts.filter(~Exists(stored)).order_by("-updated_at").first()


def delete_old_drafts() -> int:
    """Delete what nobody has touched for 30 days, and what was sent meanwhile. Returns how many."""
    unsent = Draft.objects.unsent().filter(updated_at__gt=timezone.now() - KEPT_FOR)
    number, _ = Draft.objects.exclude(pk__in=unsent.values("pk")).delete()
    return number
