from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from chat.models.message import Message

if TYPE_CHECKING:
    from accounts.models import User


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, user: "User") -> "DraftQuerySet":
        return self.filter(owner=user)

    def unsent(self) -> "DraftQuerySet":
        """Without those whose message has arrived; one that was saved at that very instant may have stayed."""
        sent = Message.objects.filter(conversation=OuterRef("conversation_id"), client_id=OuterRef("client_id"))
        return self.filter(~Exists(sent))


class Draft(models.Model):
    """What somebody has typed in a conversation and not sent yet; the conversation may be one that is not stored yet.

    A trigger deletes it when the message with its `client_id` is stored, in the same transaction.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    conversation_id = models.UUIDField(editable=False)
    client_id = models.UUIDField(editable=False)
    text = models.TextField()
    updated_at = models.DateTimeField()

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            models.UniqueConstraint(fields=["conversation_id", "owner"], name="draft_one_per_conversation"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
