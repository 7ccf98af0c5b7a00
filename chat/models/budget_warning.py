from django.db import models

from chat.models.budget import BudgetPeriod


class BudgetWarning(models.Model):
    """That a mail has told of a period of a budget that so much of it is used; once for each threshold."""

    period = models.ForeignKey(BudgetPeriod, on_delete=models.CASCADE, related_name="warnings")
    threshold = models.PositiveSmallIntegerField()  # per cent of the limit in force
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "threshold"], name="budget_warning_once")]

    def __str__(self) -> str:
        return f"{self.threshold} % {self.period_id}"
