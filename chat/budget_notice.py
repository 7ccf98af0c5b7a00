"""The line at the message box about budgets that go to their end."""

from functools import cached_property

from accounts.models import ApiKey
from accounts.services import api_keys
from chat.models import Budget, Conversation
from chat.services.budget_warnings import THRESHOLDS


class BudgetNotice:
    """Of all budgets that will bind the next message of a conversation.

    One query, and only where it is shown: never while a message is sent or waited for.
    """

    def __init__(self, conversation: Conversation, *, keys: list[ApiKey]) -> None:
        """`keys` are all that may pay for its owner."""
        self.conversation, self.keys = conversation, keys

    @cached_property
    def budgets(self) -> list[Budget]:
        payer = api_keys.payer(api_keys.in_turn(self.keys, chosen=self.conversation.api_key_id))
        binding = Budget.objects.that_bind(
            self.conversation.owner, conversation_id=self.conversation.pk, api_key_id=payer.pk if payer else None
        )
        return list(binding.with_scope().with_amounts())

    @property
    def fullest(self) -> Budget | None:
        """The one of which most is used, if that is worth a word."""
        near = [budget for budget in self.budgets if budget.percent >= THRESHOLDS[0]]
        return max(near, key=lambda budget: (budget.percent, budget.is_hard), default=None)
