"""Budgets: whether there is room for a reply, and what people and administrators say of limits."""

from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from chat.models import Budget
from chat.models.refusal import Refusal


def refusal_of(
    amount: Decimal, *, person: User, conversation_id: UUID | None = None, api_key_id: UUID | None = None
) -> Refusal | None:
    """The tightest of the hard budgets that have no room for so many credits; None if all have.

    Locks every budget that binds, to be called in the transaction that reserves. One query where there is no budget.
    """
    budgets = Budget.objects.that_bind(person, conversation_id=conversation_id, api_key_id=api_key_id)
    locked = list(budgets.select_for_update(no_key=True).values_list("pk", flat=True))
    if not locked:
        return None
    # After the lock, in a statement of its own: it sees what those before us have reserved.
    now = timezone.now()
    hard = Budget.objects.filter(pk__in=locked, is_hard=True).with_scope().with_amounts(now)
    full = [budget for budget in hard if not budget.has_room_for(amount)]
    return Refusal.by(min(full, key=lambda budget: (budget.left, budget.pk))) if full else None
