from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.models.budget import CREDITS, Budget
from chat.models.gone import name_of


class State(models.TextChoices):
    OPEN = "open", _("open")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")


class BudgetRequest(models.Model):
    """A person asks for more credits in the current period of a budget that binds them."""

    State = State

    budget = models.ForeignKey(Budget, verbose_name=_("budget"), on_delete=models.CASCADE, related_name="requests")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="budget_requests"
    )
    amount = models.DecimalField(_("credits"), validators=[MinValueValidator(0)], **CREDITS)
    reason = models.CharField(_("reason"), max_length=400)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(_("asked"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("decided by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("request for more")
        verbose_name_plural = _("requests for more")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "person"], condition=Q(state="open"), name="budget_request_one_open"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="budget_request_asks_for_something"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="budget_request_decided_iff_not_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{name_of(self, 'person')}: {self.amount.normalize():f}"
