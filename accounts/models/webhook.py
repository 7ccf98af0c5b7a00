import uuid
from typing import ClassVar
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.key_notice import Kind

# The `type` of what "Send a test" sends.
TEST = "test"


class Webhook(models.Model):
    """An address of another program, such as a chat tool, that hears of what is wrong with the team's keys."""

    # Made here, not by the database: the secret is sealed with this id before the row exists.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100)
    # Many chat tools let in whoever knows the address: it is shown to administrators alone, and never logged.
    address = models.CharField(_("address"), max_length=500)
    # The secret that deliveries are signed with, sealed by accounts.vault.
    ciphertext = models.BinaryField()
    kinds = ArrayField(models.CharField(max_length=20, choices=Kind), verbose_name=_("what it hears of"))
    is_active = models.BooleanField(
        _("on"), default=True, help_text=_("An address that answers “410 Gone” is switched off by itself.")
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Webhook {self.pk}>"

    @property
    def host(self) -> str:
        """The part of the address that is no secret."""
        return urlsplit(self.address).hostname or ""


class State(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    GIVEN_UP = "given-up", _("given up")


class DeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def due(self) -> "DeliveryQuerySet":
        return self.filter(state=State.WAITING, next_attempt_at__lte=timezone.now())


class WebhookDelivery(models.Model):
    """One thing told to one webhook, tried until it arrives or is given up. Its id is the receiver's `webhook-id`."""

    State = State

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, verbose_name=_("webhook"), on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(_("about"), max_length=20, choices=[*Kind.choices, (TEST, _("a test"))])
    # What it is about, so that no two workers tell the same thing twice: a kind, a key and a day.
    occasion = models.CharField(max_length=100, editable=False)
    body = models.TextField(_("body"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    attempts_made = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "occasion"], name="webhook_delivery_once_per_occasion"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="webhook_delivery_state_is_known"),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="waiting"), name="webhook_delivery_due"),
            models.Index(fields=["-created_at", "id"], name="webhook_delivery_newest"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Outcome(models.TextChoices):
    """How an attempt ended, in words for administrators."""

    UNDER_WAY = "under-way", _("under way, or its worker was stopped")
    DELIVERED = "delivered", _("delivered")
    ANSWERED = "answered", _("answered with an error")
    REDIRECTED = "redirected", _("answered with another address, which is not followed")
    GONE = "gone", _("answered that it is gone: the webhook is switched off")
    TIMED_OUT = "timed-out", _("no answer in time")
    UNREACHABLE = "unreachable", _("could not be reached")
    UNKNOWN_HOST = "unknown-host", _("there is no machine of that name")
    FORBIDDEN = "forbidden", _("internal address, not in WEBHOOK_NETWORKS")
    BROKEN = "broken", _("the connection broke, or the answer was no HTTP")
    SEALED = "sealed", _("the signing secret can't be opened: remove the webhook and add it again")
    OFF = "off", _("the webhook is switched off")


class WebhookAttempt(models.Model):
    """One try at a delivery, written before it is made."""

    Outcome = Outcome

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(_("time"), default=timezone.now)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, default=Outcome.UNDER_WAY)
    # NULL: there was no answer.
    status = models.PositiveSmallIntegerField(_("status code"), null=True)
    milliseconds = models.PositiveIntegerField(_("took, in milliseconds"), null=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        default_permissions = ()
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.get_outcome_display()
