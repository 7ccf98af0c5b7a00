import uuid
from typing import TYPE_CHECKING, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, Q, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User

# Segmind: 5 requests per minute on the free plan, 50 on Pro, custom above.
USUAL_RATE = 50


class State(models.TextChoices):
    UNCHECKED = "unchecked", _("not checked yet")
    WORKS = "works", _("works")
    REFUSED = "refused", _("refused")
    EXHAUSTED = "exhausted", _("no credits left")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, user: "User") -> "ApiKeyQuerySet":
        return self.filter(owner=user)

    def usable(self) -> "ApiKeyQuerySet":
        """All that Segmind has not refused, the promising ones first.

        An exhausted key is among them: credits can be added at Segmind at any time, and a call without is not billed.
        """
        exhausted_last = Case(When(state=State.EXHAUSTED, then=1), default=0)
        return self.exclude(state=State.REFUSED).order_by(exhausted_last, "-created_at", "pk")


class ApiKey(models.Model):
    """A Segmind key, sealed. Its value leaves the row only through accounts.vault, and never to a page or a log."""

    State = State

    # Made here, not by the database: the value is sealed with this id before the row exists.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # NULL is the team's own key, which no person owns.
    owner = models.ForeignKey(
        "User", verbose_name=_("owner"), on_delete=models.CASCADE, null=True, blank=True, related_name="api_keys"
    )
    label = models.CharField(_("label"), max_length=100)
    ciphertext = models.BinaryField()
    # Keyed, so that it tells nothing to whoever has only the database.
    fingerprint = models.CharField(max_length=64, editable=False)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UNCHECKED)
    # Credits; NULL is "not known", and never zero.
    balance = models.DecimalField(_("balance"), max_digits=20, decimal_places=10, null=True)
    balance_known_at = models.DateTimeField(_("balance known at"), null=True)
    checked_at = models.DateTimeField(_("last checked"), null=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    last_error = models.TextField(_("last error"), blank=True)
    rate = models.PositiveSmallIntegerField(
        _("rate, in messages per minute"),
        default=USUAL_RATE,
        db_default=USUAL_RATE,
        validators=[MinValueValidator(1)],
    )
    # Set while the rate is one that a 429 has taught; NULL once its owner has set it.
    rate_learned_at = models.DateTimeField(_("rate learned at"), null=True, blank=True, editable=False)
    # Pacing: the moment until which the messages let through so far use up the rate.
    paced_until = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects: ClassVar[ApiKeyQuerySet] = ApiKeyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "fingerprint"], nulls_distinct=False, name="api_key_once_per_owner"
            ),
            models.CheckConstraint(
                condition=Q(balance=None, balance_known_at=None)
                | Q(balance__isnull=False, balance_known_at__isnull=False),
                name="api_key_balance_known_at_iff_known",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def __repr__(self) -> str:
        return f"<ApiKey {self.pk}>"
