"""Asking for more than a budget allows, and what an administrator says to it."""

from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.audit import Action, record
from accounts.services.mails import mail_people
from chat import tasks
from chat.models import Budget, BudgetRequest
from chat.services.budgets import adjust


class AskedAlready(Exception):
    """The person waits for the answer to an earlier request about the same budget."""


class DecidedAlready(Exception):
    """Another administrator was quicker."""


@transaction.atomic
def ask_for_more(*, budget: Budget, person: User, amount: Decimal, reason: str, page: str = "") -> BudgetRequest:
    """Ask the administrators for so many credits more in the current period. `page` is where they decide, an address
    for the mail. Raises AskedAlready."""
    try:
        with transaction.atomic():
            asked = BudgetRequest.objects.create(budget=budget, person=person, amount=amount, reason=reason)
    except IntegrityError as exc:
        raise AskedAlready from exc
    tasks.mail_about_budget_request.defer(request_id=asked.pk, page=page)
    record(Action.BUDGET_ASKED, actor=person, subject=person, thing=asked, after={"amount": amount})
    return asked


@transaction.atomic
def grant(*, asked: BudgetRequest, by: User) -> None:
    """Add what was asked for to the budget's current period. Raises DecidedAlready."""
    decide(asked, BudgetRequest.State.GRANTED, by)
    # Their words stay with the request, which goes with their account.
    adjust(budget=asked.budget, amount=asked.amount, reason=_("Request %(number)s") % {"number": asked.pk}, by=by)
    record(Action.BUDGET_GRANTED, actor=by, subject=asked.person, thing=asked, after={"amount": asked.amount})


@transaction.atomic
def refuse(*, asked: BudgetRequest, by: User) -> None:
    """Raises DecidedAlready."""
    decide(asked, BudgetRequest.State.REFUSED, by)
    record(Action.BUDGET_REFUSED, actor=by, subject=asked.person, thing=asked, after={"amount": asked.amount})


def decide(asked: BudgetRequest, state: str, by: User) -> None:
    still_open = BudgetRequest.objects.filter(pk=asked.pk, state=BudgetRequest.State.OPEN)
    if not still_open.update(state=state, decided_by=by, decided_at=timezone.now()):
        raise DecidedAlready
    tasks.mail_about_budget_decision.defer(request_id=asked.pk)


# --- Mail ---------------------------------------------------------------------
def mail_administrators(*, request_id: int, page: str) -> None:
    """Tell them who asks for what. Raises OSError if the mail server does not take it."""
    if asked := find(request_id):
        name = asked.person
        mail_people(
            User.objects.administrators().order_by("pk"),
            subject=lambda: _("%(name)s asks for more credits") % {"name": name},
            template="chat/email/budget_request.txt",
            context={"asked": asked, "page": page},
        )


def mail_person(*, request_id: int) -> None:
    """Tell who has asked what was decided. Raises OSError if the mail server does not take it."""
    asked = find(request_id)
    if asked is None or not asked.person.is_active:
        return
    is_granted = asked.state == BudgetRequest.State.GRANTED
    mail_people(
        [asked.person],
        subject=lambda: (
            _("More credits were granted to you") if is_granted else _("Your request for more credits was refused")
        ),
        template="chat/email/budget_decision.txt",
        context={"asked": asked},
    )


def find(request_id: int) -> BudgetRequest | None:
    """None if the person or the budget has gone meanwhile."""
    return (
        BudgetRequest.objects.select_related("person", "budget__group", "budget__api_key").filter(pk=request_id).first()
    )
