from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User


class BudgetQuerySet(models.QuerySet["Budget"]):
    def that_bind(self, person: "User") -> "BudgetQuerySet":
        """The person's own and the team's, in the order in which all lock them."""
        return self.filter(Q(owner=person) | Q(owner=None)).order_by("pk")


class Budget(models.Model):
    """What may be spent, in credits. `reserved` and `spent` follow the ledger by themselves: see migration 0006."""

    # NULL is the whole team.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budgets",
    )
    limit = models.DecimalField(_("limit, in credits"), max_digits=20, decimal_places=10)
    reserved = models.DecimalField(_("reserved"), max_digits=20, decimal_places=10, default=Decimal(0), editable=False)
    spent = models.DecimalField(_("spent"), max_digits=20, decimal_places=10, default=Decimal(0), editable=False)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.UniqueConstraint(fields=["owner"], nulls_distinct=False, name="budget_one_per_owner"),
            models.CheckConstraint(condition=Q(limit__gte=0), name="budget_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.owner or _("The whole team"))

    def save(self, **options: Any) -> None:
        """`reserved` and `spent` are the ledger's: a row that was read a moment ago must not turn them back."""
        if not self._state.adding:
            options.setdefault("update_fields", ["owner", "limit"])
        super().save(**options)

    def has_room_for(self, amount: Decimal) -> bool:
        return self.reserved + self.spent + amount <= self.limit


class Hold(models.Model):
    """A reservation that is still open, on one of the budgets that it binds. Gone once the reply is settled."""

    reply = models.ForeignKey("Reply", on_delete=models.PROTECT, related_name="holds")
    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="holds")
    amount = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reply", "budget"], name="hold_once_per_budget")]

    def __str__(self) -> str:
        return f"{self.amount} {self.pk}"
