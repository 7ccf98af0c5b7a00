"""What a reply remembers of the budget that refused it: figures, not a sentence, so that it is read in any language."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

from django.utils.translation import gettext as _

from chat.models.budget import Budget


@dataclass(frozen=True)
class Refusal:
    """`limit` in credits, with what was granted; `resets_at` an ISO time, "" where it never begins anew."""

    budget_id: int
    scope: str
    name: str
    window: str
    limit: str
    resets_at: str
    is_own: bool

    @classmethod
    def by(cls, budget: Budget) -> Self:
        return cls(
            budget_id=budget.pk,
            scope=budget.scope,
            # A person knows their own name, and a conversation has none here.
            name=budget.scope_name if budget.scope in ("group", "api_key") else "",
            window=budget.window,
            limit=str(budget.limit_in_force),
            resets_at=budget.resets_at.isoformat() if budget.resets_at else "",
            is_own=budget.is_own,
        )

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what is no refusal: replies of former versions have none."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return None

    def written(self) -> str:
        return json.dumps(asdict(self))

    @property
    def credits(self) -> Decimal:
        return Decimal(self.limit)

    @property
    def begins_anew(self) -> datetime | None:
        return datetime.fromisoformat(self.resets_at) if self.resets_at else None

    @property
    def per(self) -> str:
        return str(Budget.Window(self.window).label)

    @property
    def whose(self) -> str:
        """Which budget it is, as the beginning of a sentence."""
        if self.is_own:
            return _("The limit you have set yourself")
        return {
            "team": _("The team's budget"),
            "group": _("The budget of the group %(name)s") % {"name": self.name},
            "owner": _("Your budget"),
            "conversation": _("The budget of this conversation"),
            "api_key": _("The budget of the key %(name)s") % {"name": self.name},
        }[self.scope]
