"""What a message will cost, and how much of a model's memory it fills, before it is sent."""

from dataclasses import dataclass
from decimal import Decimal

from chat.models import LanguageModel

SIGNIFICANT_DIGITS = 2


@dataclass(frozen=True)
class Estimate:
    """For one model. `characters`: history, instruction and message, of which no more is sent than it has room for."""

    model: LanguageModel
    characters: int

    @property
    def cost(self) -> Decimal | None:
        """Credits, of which only the first digits say anything; None if nothing is known."""
        base = self.model.base_cost
        if base is None:
            return None
        cost = base + self.model.cost_per_character * min(self.characters, self.model.context_characters)
        return round(cost, SIGNIFICANT_DIGITS - 1 - cost.adjusted()) if cost else cost

    @property
    def percent(self) -> int:
        """How full the memory is; 100 when something has to be left out."""
        if self.is_over:
            return 100
        return min(99, round(100 * self.characters / self.model.context_characters))

    @property
    def is_over(self) -> bool:
        return self.characters > self.model.context_characters
