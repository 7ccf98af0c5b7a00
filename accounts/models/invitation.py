import hashlib
import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.user import Role


class InvitationState(models.TextChoices):
    OPEN = "open", _("open")
    EXPIRED = "expired", _("expired")
    ACCEPTED = "accepted", _("accepted")
    REVOKED = "revoked", _("revoked")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def unanswered(self) -> "InvitationQuerySet":
        """Neither accepted nor revoked; it may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def open(self) -> "InvitationQuerySet":
        """Those whose link works now."""
        return self.unanswered().filter(expires_at__gt=timezone.now())

    def with_token(self, token: str) -> "InvitationQuerySet":
        return self.filter(token_hash=hash_of(token))


class Invitation(models.Model):
    """A link that makes one account, once, for one address. The link's secret leaves with it; here is only its hash."""

    State = InvitationState

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("email"))
    role = models.CharField(_("role"), max_length=13, choices=Role, default=Role.MEMBER)
    # In credits; NULL is no limit. Whoever keeps budgets reads it when the person has joined (accounts.signals).
    budget_limit = models.DecimalField(_("budget, in credits"), max_digits=20, decimal_places=10, null=True, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        "User", verbose_name=_("invited by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("invited"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    # NULL: the link was shown to the administrator instead, to be passed on by hand.
    mailed_at = models.DateTimeField(_("mailed"), null=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    person = models.OneToOneField("User", on_delete=models.CASCADE, null=True, related_name="invitation")

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=Q(accepted_at=None, revoked_at=None), name="invitation_unanswered_once"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_accepted_or_revoked"
            ),
            models.CheckConstraint(
                condition=Q(budget_limit=None) | Q(budget_limit__gte=0), name="invitation_budget_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def replace_token(self, token: str) -> None:
        """From now on only this secret opens it. Not saved yet."""
        self.token_hash = hash_of(token)

    @property
    def state(self) -> InvitationState:
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.revoked_at:
            return InvitationState.REVOKED
        return InvitationState.OPEN if self.expires_at > timezone.now() else InvitationState.EXPIRED


def hash_of(token: str) -> str:
    """What is kept of a token. A token has 256 random bits, so that a plain hash can't be tried out."""
    return hashlib.sha256(token.encode()).hexdigest()
