import uuid
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, Sum
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
        """Those that are the person's own to manage."""
        return self.filter(owner=user)

    def available_to(self, user: "User") -> "ApiKeyQuerySet":
        """All that may pay for the person: their own, and the team's that are granted to everyone or to them."""
        people = ApiKey.granted_people.through._default_manager
        by_name = Exists(people.filter(apikey_id=OuterRef("pk"), user_id=user.pk))
        return self.in_use().filter(Q(owner=user) | Q(owner=None) & (Q(for_everyone=True) | by_name))

    def in_use(self) -> "ApiKeyQuerySet":
        """Those that were not revoked."""
        return self.filter(revoked_at=None)

    def without_secrets(self) -> "ApiKeyQuerySet":
        return self.defer("ciphertext", "fingerprint")

    def with_spent(self) -> "ApiKeyQuerySet":
        """With `spent`, the credits that replies have cost through the key. They are chat's, which is not imported."""
        return self.annotate(spent=Sum("replies__cost"))


class ApiKey(models.Model):
    """A Segmind key, sealed; empty in one that was revoked.

    Its value leaves the row only through accounts.vault, and never to a page or a log.
    """

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
    rate_told_at = models.DateTimeField(null=True, editable=False)
    # Pacing: the moment until which the messages let through so far use up the rate.
    paced_until = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    is_default = models.BooleanField(_("default"), default=False, db_default=False)
    # Of the team's keys: who may use it, and whether for now nobody may.
    for_everyone = models.BooleanField(_("for everyone"), default=False, db_default=False)
    granted_people: "models.ManyToManyField[User, models.Model]" = models.ManyToManyField(
        "User", verbose_name=_("for these people"), blank=True, related_name="+"
    )
    is_paused = models.BooleanField(
        _("paused"), default=False, db_default=False, help_text=_("Nothing new is sent with it until it is resumed.")
    )

    # Its value is destroyed; the row stays for what it has paid for.
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    revocation_told_at = models.DateTimeField(null=True, editable=False)

    warn_below = models.DecimalField(
        _("warn below"),
        max_digits=20,
        decimal_places=10,
        null=True,
        blank=True,
        default=Decimal(1),
        db_default=Decimal(1),
        validators=[MinValueValidator(0)],
        help_text=_("Credits. Empty: no warning."),
    )
    # When Segmind last answered that a spend limit is reached, which says nothing about the balance.
    spend_limited_at = models.DateTimeField(null=True, editable=False)

    # For those that show it: credits spent through it, people it paid for, and whether its value opens no more.
    spent: Decimal | None = None
    people = 0
    must_be_entered_again = False

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
            models.UniqueConstraint(fields=["owner"], condition=Q(is_default=True), name="api_key_one_default"),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(owner__isnull=False), name="api_key_default_owned"
            ),
            models.CheckConstraint(
                condition=Q(owner=None) | Q(for_everyone=False, is_paused=False),
                name="api_key_only_the_teams_is_granted",
            ),
            models.CheckConstraint(condition=Q(revoked_at=None) | Q(ciphertext=b""), name="api_key_revoked_is_empty"),
        ]

    def __str__(self) -> str:
        return self.label

    def __repr__(self) -> str:
        return f"<ApiKey {self.pk}>"

    @property
    def is_the_teams(self) -> bool:
        return self.owner_id is None

    @property
    def can_pay(self) -> bool:
        """Whether a new call may go out with it."""
        return not self.is_paused and self.state != State.REFUSED and not self.revoked_at

    @property
    def is_low(self) -> bool:
        """Whether its last known balance is below what its owner wants to be warned of."""
        return self.balance is not None and self.warn_below is not None and self.balance < self.warn_below

    @property
    def may_be_in_trouble(self) -> bool:
        """Whether there may be something to tell of it today. False: there is nothing."""
        limited_lately = self.spend_limited_at and self.spend_limited_at > timezone.now() - timedelta(days=1)
        return self.state in (State.REFUSED, State.EXHAUSTED) or self.is_low or bool(limited_lately)
