"""Which budget limits each of many people first, for those who look after them."""

from collections import defaultdict
from collections.abc import Iterable

from accounts.models import Group
from chat.models import Budget
from chat.models.budget import OF_THE_TEAM


def tightest_budgets(people: Iterable[int]) -> dict[int, Budget]:
    """Of each of these people, by id, the budget with the least left of those that refuse, else of those that warn.

    With its amounts, of the team's, their groups' and their own; who has none is not in it. Two queries for all.
    """
    ids = list(people)
    groups = defaultdict(list)
    members = Group.members.through._default_manager.filter(user_id__in=ids)
    for person_id, group_id in members.values_list("user_id", "group_id"):
        groups[person_id].append(group_id)
    binding = defaultdict(list)
    for budget in budgets_of(ids, {group_id for theirs in groups.values() for group_id in theirs}):
        binding[budget.scope, budget.owner_id or budget.group_id].append(budget)
    found = {}
    for person_id in ids:
        scopes = [("team", None), ("owner", person_id), *(("group", group_id) for group_id in groups[person_id])]
        candidates = [budget for scope in scopes for budget in binding[scope]]
        if candidates:
            found[person_id] = min(candidates, key=lambda budget: (not budget.is_hard, budget.left, budget.pk))
    return found


def budgets_of(people: Iterable[int], groups: Iterable[int]) -> Iterable[Budget]:
    owned = Budget.objects.filter(owner__in=people) | Budget.objects.filter(group__in=groups)
    binding = owned | Budget.objects.filter(OF_THE_TEAM)
    return binding.filter(is_for_newcomers=False).select_related("group").with_amounts()
