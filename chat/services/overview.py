"""What waits for an administrator, as conditions that lists can filter by, and counted for the panel's front page."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.services import key_notices
from chat.models import Budget, BudgetRequest, Reply, ShareReport
from chat.services.usage import By, Figures, Period, figures
from chat.services.usage_report import summed

NEARLY_USED_UP = Decimal("0.8")
# Asks for Budget.objects.with_amounts().
IS_NEARLY_USED_UP = Q(is_for_newcomers=False) & Q(
    spent__gte=(F("limit") + F("granted")) * NEARLY_USED_UP - F("reserved")
)
NEEDS_ATTENTION = Q(is_paused=False, revoked_at=None) & reduce(or_, key_notices.STATES.values())
WAITING: dict[str, tuple[str, Callable[[], QuerySet[Any]]]] = {
    "requests": ("chat.view_budgetrequest", lambda: BudgetRequest.objects.filter(state=BudgetRequest.State.OPEN)),
    "budgets": ("chat.view_budget", lambda: Budget.objects.with_amounts().filter(IS_NEARLY_USED_UP)),
    "unsettled": ("chat.view_unknownreply", Reply.objects.of_unknown_cost),
    "keys": ("accounts.view_apikey", lambda: ApiKey.objects.filter(NEEDS_ATTENTION)),
    "reports": ("chat.view_sharereport", lambda: ShareReport.objects.filter(share__revoked_at=None)),
}


@dataclass(frozen=True)
class Spent:
    """This month's figures and today's, by the midnights of the site."""

    month: Figures
    today: Figures


def spent_lately() -> Spent:
    """One query."""
    today = timezone.localdate()
    days = figures(Period(today.replace(day=1), today), by=By.DAY)
    return Spent(month=summed(days), today=summed(day for day in days if day.of == today))


def counts_of_what_waits(person: User) -> dict[str, int]:
    """How much there is of each, a query for each; what the person may not see is left out."""
    return {name: rows().count() for name, (right, rows) in WAITING.items() if person.has_perm(right)}
