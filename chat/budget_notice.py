"""The line at the message box about budgets that go to their end."""

from functools import cached_property

from accounts.models import User
from chat.models import Budget
from chat.services.budget_warnings import THRESHOLDS


class BudgetNotice:
    """One query, and only where it is shown: never while a message is sent or waited for."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def budgets(self) -> list[Budget]:
        return list(Budget.objects.that_bind(self.user).with_scope().with_amounts())

    @property
    def fullest(self) -> Budget | None:
        """The one of which most is used, if that is worth a word."""
        near = [budget for budget in self.budgets if budget.percent >= THRESHOLDS[0]]
        return max(near, key=lambda budget: (budget.percent, budget.is_hard), default=None)
