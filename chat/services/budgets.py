"""Budgets: whether there is room for a reply, and what people and administrators say of limits."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.prepared import Prepared, argument
from accounts.services.audit import Action, record
from chat.models import Budget, BudgetAdjustment, BudgetPeriod
from chat.models.refusal import Refusal

# NULL binds nothing, so that what a reply has not needs no other query.
BINDING = Prepared(
    lambda: (
        Budget.objects.that_bind(
            User(pk=argument("person")), conversation_id=argument("conversation"), api_key_id=argument("api_key")
        )
        .select_for_update(no_key=True)
        .values_list("pk")
    )
)


def refusal_of(
    amount: Decimal, *, person: User | None, conversation_id: UUID | None = None, api_key_id: UUID | None = None
) -> Refusal | None:
    """The tightest of the hard budgets that have no room for so many credits; None if all have.

    Locks every budget that binds, to be called in the transaction that reserves. One query where there is no budget.
    """
    person_id = person.pk if person else None
    locked = [pk for (pk,) in BINDING.rows(person=person_id, conversation=conversation_id, api_key=api_key_id)]
    if not locked:
        return None
    # After the lock, in a statement of its own: it sees what those before us have reserved.
    now = timezone.now()
    hard = Budget.objects.filter(pk__in=locked, is_hard=True).with_scope().with_amounts(now)
    full = [budget for budget in hard if not budget.has_room_for(amount)]
    return Refusal.by(min(full, key=lambda budget: (budget.left, budget.pk))) if full else None


@transaction.atomic
def set_own_limit(*, person: User, window: str, limit: Decimal | None) -> None:
    """A person limits themselves for a window; None takes that back. What an administrator has set holds beside it."""
    own = Budget.objects.filter(owner=person, window=window, is_own=True)
    before = own.values_list("limit", flat=True).first()
    if limit is None:
        own.delete()
    else:
        zone = person.time_zone or settings.TIME_ZONE
        Budget.objects.update_or_create(
            owner=person,
            window=window,
            is_own=True,
            defaults={"limit": limit},
            create_defaults={"limit": limit, "time_zone": zone},
        )
    if limit != before:
        action = Action.BUDGET_REMOVED if limit is None else Action.BUDGET_SET
        record(action, subject=person, before={"limit": before}, after={"limit": limit, "window": window, "own": True})


def welcome(*, person: User, limit: Decimal | None) -> None:
    """Budgets for somebody who joins: those for newcomers, and the `limit` in all that their invitation came with."""
    template = Budget.objects.filter(is_for_newcomers=True).values("limit", "window", "time_zone", "is_hard")
    facts: list[dict[str, Any]] = [{**one} for one in template]
    if limit is not None:
        in_all = Budget.Window.TOTAL.value
        facts = [one for one in facts if one["window"] != in_all] + [{"limit": limit, "window": in_all}]
    for one in facts:
        budget = Budget.objects.create(owner=person, **one)
        record(Action.BUDGET_SET, subject=person, thing=budget, after={"limit": budget.limit, "window": budget.window})


@transaction.atomic
def adjust(*, budget: Budget, amount: Decimal, reason: str, by: User) -> BudgetAdjustment:
    """Add so many credits to the limit of the current period, or take them away; once, and for this period alone."""
    Budget.objects.select_for_update(no_key=True).get(pk=budget.pk)
    now = Budget.objects.with_amounts().get(pk=budget.pk)
    period, _made = BudgetPeriod.objects.get_or_create(budget=now, starts_at=now.starts_at)
    adjustment = BudgetAdjustment.objects.create(period=period, amount=amount, reason=reason, by=by)
    record(Action.BUDGET_ADJUSTED, actor=by, subject=budget.owner, thing=budget, after={"amount": amount})
    return adjustment
