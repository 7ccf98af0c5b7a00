"""An administrator sets what may be spent, and sees what is."""

from decimal import Decimal

import pytest

from accounts.models import AuditEntry, User
from chat.models import Budget
from tests.chat.sending import send
from tests.factories import PASSWORD

BUDGETS = "/admin/chat/budget/"


@pytest.fixture
def administrator(client, db) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    client.force_login(person)
    return person


def test_a_budget_is_set_and_audited(client, administrator, alice):
    answer = client.post(f"{BUDGETS}add/", {"owner": alice.pk, "limit": "2.5"})
    assert answer.status_code == 302
    budget = Budget.objects.get()
    assert (budget.owner, budget.limit) == (alice, Decimal("2.5"))
    entry = AuditEntry.objects.get(action="budget.set")
    assert (entry.actor, entry.subject) == (administrator, alice)


def test_a_second_budget_for_the_same_person_is_refused_beside_the_field(client, administrator, alice):
    Budget.objects.create(owner=alice, limit=1)
    answer = client.post(f"{BUDGETS}add/", {"owner": alice.pk, "limit": "2.5"})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Budget.objects.count() == 1


def test_changing_the_limit_leaves_what_the_ledger_says(client, administrator, alice, alice_key, llama):
    budget = Budget.objects.create(owner=alice, limit=1)
    read_before = Budget.objects.get()
    send(alice, "hello", model=llama)
    read_before.limit = Decimal(3)
    read_before.save()
    budget = Budget.objects.with_amounts().get()
    assert (budget.limit, budget.reserved) == (3, llama.reservation)
    assert str(llama.reservation.normalize()) in client.get(BUDGETS).content.decode()
