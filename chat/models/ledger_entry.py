from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LedgerEntry(models.Model):
    """What a reply does to the money: reserved at sending, then settled at its cost or released.

    Append-only, and written by the database together with the reply's own row: see migration 0006. A reply whose cost
    is not known has neither of the last two, and keeps its reservation.
    """

    class Kind(models.TextChoices):
        RESERVE = "reserve", _("reserve")
        SETTLE = "settle", _("settle")
        RELEASE = "release", _("release")

    reply = models.ForeignKey("Reply", on_delete=models.PROTECT, related_name="entries", db_index=False)
    kind = models.CharField(max_length=7, choices=Kind)
    amount = models.DecimalField(max_digits=20, decimal_places=10)  # credits
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.UniqueConstraint(fields=["reply", "kind"], name="ledger_each_kind_once"),
            models.UniqueConstraint(fields=["reply"], condition=~Q(kind="reserve"), name="ledger_closed_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="ledger_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
