"""Telling by mail, once per window and threshold, that a budget goes to its end."""

from collections.abc import Iterable, Iterator

import structlog
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.mails import mail_people
from chat.models import Budget, BudgetPeriod, BudgetWarning

THRESHOLDS = (50, 80, 100)  # per cent of the limit in force
log = structlog.get_logger(__name__)


def warn_of_budgets() -> None:
    """Mail about every budget that has passed a threshold since it was last looked at: of several the highest."""
    for budget, threshold in passed():
        period = BudgetPeriod.objects.get(budget=budget, starts_at=budget.starts_at)
        _warning, is_new = BudgetWarning.objects.get_or_create(period=period, threshold=threshold)
        if not is_new:
            continue
        try:
            mail(budget, threshold)
        except OSError as exc:
            # Tried again in the next round.
            log.warning("budget_warning_not_sent", budget=budget.pk, error=type(exc).__name__)
            BudgetWarning.objects.filter(period=period, threshold=threshold).delete()


def passed() -> Iterator[tuple[Budget, int]]:
    """The budgets of which so much is used, with the highest threshold that this is."""
    for budget in Budget.objects.filter(is_for_newcomers=False).with_scope().with_amounts():
        reached = [threshold for threshold in THRESHOLDS if budget.percent >= threshold]
        if reached and budget.taken:
            yield budget, reached[-1]


def mail(budget: Budget, threshold: int) -> None:
    mail_people(
        recipients_of(budget),
        subject=lambda: _("%(percent)s %% of a budget is used: %(budget)s") % {"percent": threshold, "budget": budget},
        template="chat/email/budget_warning.txt",
        context={"budget": budget, "threshold": threshold},
    )


def recipients_of(budget: Budget) -> Iterable[User]:
    """Whoever it is of; the administrators for the team, a group and the team's keys."""
    owner = budget.owner or (budget.conversation and budget.conversation.owner)
    if budget.api_key:
        owner = budget.api_key.owner
    if owner:
        return [owner] if owner.is_active else []
    return User.objects.administrators().order_by("pk")
