"""At a limit: which one, until when, and the two ways on."""

from decimal import Decimal

import pytest

from accounts.models import Group
from chat.models import Budget, BudgetRequest
from tests.chat.sending import send

OWN = "/settings/usage/limit/"


def test_the_failure_says_which_limit_and_offers_to_ask_for_more(client, alice, alice_key, llama):
    group = Group.objects.create(name="Designers")
    group.members.add(alice)
    budget = Budget.objects.create(group=group, limit=0, window="month")
    turn = send(alice, "hello", model=llama)
    client.force_login(alice)
    page = client.get(turn.question.conversation.get_absolute_url()).content.decode()
    assert "The budget of the group Designers is reached: 0 credits a month." in page
    assert "It begins anew on" in page
    assert f'href="/budgets/{budget.pk}/requests/"' in page
    assert "budget_id" not in page


def test_more_is_asked_for(client, alice):
    budget = Budget.objects.create(limit=3)
    client.force_login(alice)
    address = f"/budgets/{budget.pk}/requests/"
    assert "of 3.00 credits spent" in client.get(address).content.decode()
    assert client.post(address, {"amount": "0", "reason": "typed"}).status_code == 422
    assert client.post(address, {"amount": "2.5", "reason": "a report"}).status_code == 302
    assert BudgetRequest.objects.values_list("person", "amount", "reason").get() == (
        alice.pk,
        Decimal("2.5"),
        "a report",
    )
    again = client.post(address, {"amount": "1", "reason": "typed"})
    assert again.status_code == 422
    assert "typed" in again.content.decode()


@pytest.mark.parametrize("facts", [{"is_own": False}, {"is_own": True}])
def test_nobody_asks_for_more_of_what_does_not_bind_them(client, alice, bob, facts):
    budget = Budget.objects.create(owner=bob, limit=1, **facts)
    client.force_login(alice)
    assert client.get(f"/budgets/{budget.pk}/requests/").status_code == 404


def test_a_limit_of_ones_own_is_set_and_taken_back(client, alice):
    client.force_login(alice)
    assert client.post(OWN, {"window": "month", "limit": "-1"}).status_code == 422
    assert client.post(OWN, {"window": "month", "limit": "4"}).status_code == 302
    assert Budget.objects.values_list("owner", "window", "limit", "is_own").get() == (alice.pk, "month", 4, True)
    assert "Your own limit:" in client.get("/settings/usage/").content.decode()
    assert "4.00 credits, a month" in client.get(OWN).content.decode()
    assert client.post(OWN, {"window": "month", "limit": ""}).status_code == 302
    assert not Budget.objects.exists()


def test_what_an_administrator_has_set_stays(client, alice):
    Budget.objects.create(owner=alice, limit=1, window="month")
    client.force_login(alice)
    client.post(OWN, {"window": "month", "limit": "99"})
    client.post(OWN, {"window": "month", "limit": ""})
    assert Budget.objects.values_list("limit", "is_own").get() == (1, False)
