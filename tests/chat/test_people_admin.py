"""The people's list in the admin: which budget limits each first, in as many queries for many as for few."""

import html
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from accounts.models import Group, User
from chat.models import Budget, BudgetPeriod
from chat.services.tightest_budgets import tightest_budgets
from tests.factories import PASSWORD, PersonFactory
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def designers(alice, bob) -> Group:
    group = Group.objects.create(name="Designers <b>")
    group.members.set([alice, bob])
    return group


def use(budget: Budget, spent: Decimal | int, reserved: Decimal | int = 0) -> Budget:
    found = Budget.objects.with_amounts().get(pk=budget.pk)
    BudgetPeriod.objects.create(budget=budget, starts_at=found.starts_at, spent=spent, reserved=reserved)
    return found


def test_of_several_the_one_with_the_least_left_counts_and_a_hard_one_before_a_soft_one(alice, bob, charlie, designers):
    assert tightest_budgets([alice.pk]) == {}
    team = Budget.objects.create(limit=50, window="month")
    group = Budget.objects.create(group=designers, limit=10, window="week")
    own = Budget.objects.create(owner=alice, limit=12, window="day", is_own=True)
    Budget.objects.create(owner=bob, limit=1, is_hard=False)
    Budget.objects.create(is_for_newcomers=True, limit=0)
    people = [alice.pk, bob.pk, charlie.pk]
    assert tightest_budgets(people) == {alice.pk: group, bob.pk: group, charlie.pk: team}
    use(own, 3)
    assert tightest_budgets(people) == {alice.pk: own, bob.pk: group, charlie.pk: team}
    use(team, Decimal("49.5"))
    assert set(tightest_budgets(people).values()) == {team}
    Budget.objects.filter(is_hard=True).delete()
    assert [budget.is_hard for budget in tightest_budgets(people).values()] == [False]


def test_the_list_says_limit_window_and_what_is_used(client, alice, bob, charlie, designers):
    group = Budget.objects.create(group=designers, limit=10, window="week")
    use(group, Decimal("3.1200000001"), Decimal(1))
    Budget.objects.create(owner=bob, limit=0, window="day", is_own=True)
    root = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    sign_in(client, root)
    page = client.get(PEOPLE).content.decode()
    cells = re.findall(r'<td class="field-budget">(.*?)</td>', page, re.DOTALL)
    assert [html.unescape(strip_tags(cell)) for cell in cells] == [
        "4.1200000001 of 10 credits, a week (41 %; of Designers <b>)",
        "0 of 0 credits, a day (100 %; set by themselves)",
        "–",
        "–",
    ]
    assert f'href="/admin/chat/budget/{group.pk}/change/"' in cells[0]
    assert "<b>" not in cells[0]


def test_it_takes_as_many_queries_for_many_people(client, alice, designers):
    root = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    sign_in(client, root)
    Budget.objects.create(owner=alice, limit=1)
    client.get(PEOPLE)
    with CaptureQueriesContext(connection) as few:
        client.get(PEOPLE)
    for person in PersonFactory.create_batch(5):
        designers.members.add(person)
        Budget.objects.create(owner=person, limit=1)
    Budget.objects.create(group=designers, limit=1)
    with CaptureQueriesContext(connection) as many:
        page = client.get(PEOPLE).content.decode()
    assert len(many) == len(few)
    assert page.count("0 of 1 credits, in all") == 7
