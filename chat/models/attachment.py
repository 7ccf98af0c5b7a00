import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User

LONGEST_NAME = 100
LONGEST_ALT = 500


def media_type_of(stored: str) -> str:
    """Of a stored image, by the ending that we gave it."""
    return "image/png" if stored.endswith(".png") else "image/jpeg"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: "User") -> "AttachmentQuerySet":
        return self.filter(owner=user)

    def unsent(self) -> "AttachmentQuerySet":
        return self.filter(message=None)

    def in_order(self) -> "AttachmentQuerySet":
        return self.order_by("position", "created_at", "pk")

    def light(self) -> "AttachmentQuerySet":
        """Without the contents of text files, which may be long."""
        return self.defer("text")


class Attachment(models.Model):
    """An image or a text file that goes with a message: uploaded when chosen, and unsent until the message is.

    The image is the one that we made ourselves of what was uploaded. When a row goes, its files follow (StrayFile).
    """

    class Kind(models.TextChoices):
        IMAGE = "image", _("image")
        TEXT = "text", _("text file")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attachments")
    # NULL while unsent in a new chat, which is no row yet.
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, null=True, related_name="attachments")
    # NULL until it is sent.
    message = models.ForeignKey("Message", on_delete=models.CASCADE, null=True, related_name="attachments")
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=5, choices=Kind)
    # What the person called it, made harmless; only ever shown, never a part of a path.
    name = models.CharField(max_length=LONGEST_NAME)
    alt = models.CharField(_("description"), max_length=LONGEST_ALT, blank=True)
    # SHA-256, in hex, of what was uploaded: the same message that comes twice has the same files.
    digest = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    # Of an image: the names of two files in Django's storage. The type is that of the ending; the thumbnail is a WebP.
    file = models.CharField(max_length=100, blank=True, editable=False)
    thumbnail = models.CharField(max_length=100, blank=True, editable=False)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)

    # Of a text file.
    text = models.TextField(blank=True)
    characters = models.PositiveIntegerField(default=0)
    lines = models.PositiveIntegerField(default=0)

    # Where a page that is read elsewhere, or on paper, has a small picture of it from.
    picture = ""

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=Q(message=None), name="attachment_unsent"),
            # To see whether a stored file is still somebody's.
            models.Index(fields=["file"], condition=~Q(file=""), name="attachment_file"),
            models.Index(fields=["thumbnail"], condition=~Q(thumbnail=""), name="attachment_thumbnail"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="image", text="") & ~Q(file="") & ~Q(thumbnail="")
                | Q(kind="text", file="", thumbnail=""),
                name="attachment_is_a_file_or_a_text",
            ),
            models.CheckConstraint(
                condition=Q(message=None) | Q(conversation__isnull=False), name="attachment_sent_in_a_conversation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("attachment", args=[self.pk])

    @property
    def is_image(self) -> bool:
        return self.kind == self.Kind.IMAGE

    @property
    def alt_field(self) -> str:
        """Its description's name in a form that may have several of them."""
        return f"alt-{self.pk}"

    @property
    def media_type(self) -> str:
        """One of three, whatever was uploaded."""
        if not self.is_image:
            return "text/plain; charset=utf-8"
        return media_type_of(self.file)


class StrayFile(models.Model):
    """A stored file without a row: one whose row is gone (a trigger notes it), or that is only just being stored.

    Due, it is removed, unless a row has it by then.
    """

    name = models.CharField(primary_key=True, max_length=100)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name
