from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.models.budget import CREDITS, BudgetPeriod


class BudgetAdjustment(models.Model):
    """Credits that an administrator has added to the limit of one period, or taken away: a grant, a refund, a
    correction. Append-only: see migration 0043. It outlives the budget and the account of who made it."""

    period = models.ForeignKey(BudgetPeriod, on_delete=models.SET_NULL, null=True, related_name="adjustments")
    amount = models.DecimalField(_("credits"), **CREDITS)
    reason = models.CharField(_("reason"), max_length=500)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("budget adjustment")
        verbose_name_plural = _("budget adjustments")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="adjustment_changes_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.amount.normalize():+f}"
