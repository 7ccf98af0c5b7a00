"""Links to a conversation: what each shows is frozen, and who may look is asked at every opening."""

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User

# 256 bits.
TOKEN_BYTES = 32


class SharingPolicy(models.Model):
    """What the team lets its members share. Without a row, everything; the one that there may be is administrators'."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    anyone_allowed = models.BooleanField(
        _("links for anyone"),
        default=True,
        help_text=_("Off: members can share with each other only, and the links for anyone that exist are revoked."),
    )

    class Meta:
        verbose_name = _("rule on sharing")
        verbose_name_plural = _("rules on sharing")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="sharing_policy_is_one_row")]

    def __str__(self) -> str:
        return str(_("Rules on sharing"))


class ShareQuerySet(models.QuerySet["Share"]):
    def visible_to(self, user: "User") -> "ShareQuerySet":
        """One's own."""
        return self.filter(owner=user)

    def newest_first(self) -> "ShareQuerySet":
        return self.order_by("-created_at", "pk")


class Share(models.Model):
    """A link to a frozen part of a conversation. Only a hash of its address is stored."""

    class Audience(models.TextChoices):
        ANYONE = "anyone", _("Anyone with the link")
        MEMBERS = "members", _("Members")
        NAMED = "named", _("Named people")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.CASCADE, related_name="shares"
    )
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="shares")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)

    # Who may open it, and until when.
    audience = models.CharField(_("who may open it"), max_length=7, choices=Audience)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, verbose_name=_("named people"), related_name="+")
    groups = models.ManyToManyField("accounts.Group", verbose_name=_("groups"), related_name="+")
    expires_at = models.DateTimeField(_("until"), null=True)
    passphrase = models.CharField(max_length=255, blank=True, editable=False)
    views_limit = models.PositiveIntegerField(_("number of views"), null=True)
    may_continue = models.BooleanField(default=False)

    # What of the conversation it shows; NULL stands for its beginning, and for its end.
    first_id = models.UUIDField(null=True, editable=False)
    last_id = models.UUIDField(null=True, editable=False)
    title = models.CharField(max_length=200, blank=True)
    with_instruction = models.BooleanField(default=False)
    with_names = models.BooleanField(default=False)
    with_images = models.BooleanField(default=False, db_default=False)
    # Digests of what looked private, and which the owner wants to be seen; all else that does is masked.
    unmasked = models.JSONField(default=list)
    # What robots that unfurl the link may say.
    public_title = models.CharField(max_length=100, blank=True)
    public_summary = models.CharField(max_length=300, blank=True)

    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    # Of what it shows: another time is another page.
    published_at = models.DateTimeField(default=timezone.now)
    views = models.PositiveIntegerField(_("views"), default=0)
    last_seen_at = models.DateTimeField(_("last seen"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        indexes = [models.Index(fields=["owner", "-created_at"], name="share_owner_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(views_limit=None) | Q(views__lte=F("views_limit")), name="share_views_within_limit"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("share", args=[self.pk])

    @property
    def named(self) -> list[str]:
        """Who may open it, by name."""
        return [str(one) for one in (*self.people.all(), *self.groups.all())]

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_used_up(self) -> bool:
        return self.views_limit is not None and self.views >= self.views_limit

    @property
    def is_over(self) -> bool:
        return bool(self.revoked_at) or self.is_expired or self.is_used_up

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(TOKEN_BYTES)

    @staticmethod
    def hash_of(token: str) -> str:
        """What is stored of an address. A token can't be guessed, so a slow hash would add nothing."""
        return hashlib.sha256(token.encode()).hexdigest()


class Snapshot(models.Model):
    """What a link shows, masked already; gone as soon as the link is revoked.

    `messages` is a list of {"role", "label", "text", "html", "files"}; a person's message has no HTML. Nothing in it
    leads back to the conversation.
    """

    share = models.OneToOneField(Share, on_delete=models.CASCADE, primary_key=True, related_name="snapshot")
    title = models.CharField(max_length=200)
    instruction = models.TextField(blank=True)
    messages: Any = models.JSONField()
    html_version = models.PositiveSmallIntegerField()
    model = models.ForeignKey("LanguageModel", on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.pk)


class SnapshotFile(models.Model):
    """An image of a snapshot, under an id of its own. It names the same stored files as the attachment that it was."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="files")
    file = models.CharField(max_length=100, editable=False)
    thumbnail = models.CharField(max_length=100, editable=False)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [
            # To see whether a stored file is still somebody's.
            models.Index(fields=["file"], name="snapshot_file_file"),
            models.Index(fields=["thumbnail"], name="snapshot_file_thumbnail"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ShareView(models.Model):
    """That a member has opened a link which is not for anyone."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="seen_by")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["share", "person"], name="share_view_once_per_person")]

    def __str__(self) -> str:
        return f"{self.share_id} {self.person_id}"


class ShareReport(models.Model):
    """A reader's word to the administrators about a link."""

    share = models.ForeignKey(Share, verbose_name=_("link"), on_delete=models.CASCADE, related_name="reports")
    # NULL once their account is deleted.
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("reported by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = models.TextField(_("what is wrong with it"), max_length=2000)
    created_at = models.DateTimeField(_("reported"), auto_now_add=True)

    class Meta:
        verbose_name = _("report about a link")
        verbose_name_plural = _("reports about links")
        constraints = [models.UniqueConstraint(fields=["share", "reporter"], name="share_reported_once_by_each")]

    def __str__(self) -> str:
        return str(self.pk)


# How long a reader who was let in may fetch what belongs to the page, or give the passphrase no second time.
LET_IN_FOR = timedelta(hours=1)
