"""What the front page of the admin panel needs."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chat.services.overview import Spent, counts_of_what_waits, spent_lately

register = template.Library()
# What it is called, and where one can act on it: a list and its filter.
PLACES = {
    "requests": (_("Requests for more"), "chat_budgetrequest", "state__exact=open"),
    "unsettled": (_("Unknown replies to settle"), "chat_unknownreply", "unsettled=yes"),
    "keys": (_("Keys that need attention"), "accounts_apikey", "needs_attention=yes"),
    "budgets": (_("Budgets nearly used up"), "chat_budget", "nearly_used_up=yes"),
    "reports": (_("Reports about links"), "chat_sharereport", ""),
}


@dataclass(frozen=True)
class Waiting:
    words: str
    count: int
    address: str


@register.simple_tag(takes_context=True)
def what_waits(context: Any) -> list[Waiting]:
    """What the person in front of the panel may see of it."""
    counts = counts_of_what_waits(context["request"].user)
    return [
        Waiting(str(words), counts[name], f"{reverse(f'admin:{model}_changelist')}?{query}".removesuffix("?"))
        for name, (words, model, query) in PLACES.items()
        if name in counts
    ]


@register.simple_tag(takes_context=True)
def spent(context: Any) -> Spent | None:
    """None for somebody who may not see it."""
    return spent_lately() if context["request"].user.has_perm("chat.view_usageday") else None
