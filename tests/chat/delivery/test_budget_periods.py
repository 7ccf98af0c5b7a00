"""Many at the same instant, in the windows of several budgets."""

import pytest

from accounts.models import Group
from chat.models import Budget, BudgetPeriod, Hold
from tests.chat.delivery.conftest import at_the_same_instant
from tests.chat.sending import send
from tests.factories import ApiKeyFactory, PersonFactory


@pytest.mark.django_db(transaction=True)
def test_of_twenty_people_of_a_group_at_the_same_instant_with_money_for_one_a_single_one_goes(model):
    people = PersonFactory.create_batch(20)
    group = Group.objects.create(name="All")
    group.members.set(people)
    for person in people:
        ApiKeyFactory(owner=person)
    Budget.objects.create(group=group, limit=model.reservation, window="day")
    Budget.objects.create(limit=model.reservation * 3, window="month")
    replies = at_the_same_instant(20, lambda turn: send(people[turn], "hello", model=model).answer.reply)
    assert sorted(reply.state for reply in replies if reply) == ["failed"] * 19 + ["queued"]
    assert {period.reserved for period in BudgetPeriod.objects.all()} == {model.reservation}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tightest", ["team", "group", "owner", "api_key"])
def test_whichever_of_four_budgets_is_the_tightest_it_alone_decides_how_many_go(model, alice, tightest):
    key = ApiKeyFactory(owner=alice)
    group = Group.objects.create(name="Hers")
    group.members.add(alice)
    scopes = {"team": {}, "group": {"group": group}, "owner": {"owner": alice}, "api_key": {"api_key": key}}
    windows = iter(Budget.Window.values)
    for name, scope in scopes.items():
        Budget.objects.create(limit=model.reservation * (2 if name == tightest else 5), window=next(windows), **scope)
    replies = at_the_same_instant(8, lambda turn: send(alice, f"text {turn}", model=model).answer.reply)
    assert sorted(reply.state for reply in replies if reply) == ["failed"] * 6 + ["queued"] * 2
    assert {reply.refusal.scope for reply in replies if reply and reply.refusal} == {tightest}
    assert {period.reserved for period in BudgetPeriod.objects.all()} == {model.reservation * 2}
    assert Hold.objects.count() == 2 * len(scopes)
