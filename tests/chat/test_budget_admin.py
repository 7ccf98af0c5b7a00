"""An administrator sets what may be spent, sees what is, and answers who asks for more."""

from decimal import Decimal

import pytest
from django.core import mail

from accounts.models import AuditEntry, Group, User
from chat.models import Budget, BudgetAdjustment, BudgetRequest
from chat.services import budget_requests
from chat.services.budget_requests import AskedAlready, DecidedAlready, ask_for_more
from tests.chat.sending import send
from tests.factories import PASSWORD

BUDGETS, REQUESTS = "/admin/chat/budget/", "/admin/chat/budgetrequest/"
FOR_EVER = {"window": "total", "time_zone": "UTC", "is_hard": "on"}


@pytest.fixture
def administrator(client, db) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    client.force_login(person)
    return person


@pytest.fixture
def budget(alice) -> Budget:
    return Budget.objects.create(owner=alice, limit=1)


@pytest.fixture
def asked(alice, budget) -> BudgetRequest:
    return ask_for_more(budget=budget, person=alice, amount=Decimal(5), reason="a report", page="http://x/")


def test_a_budget_is_set_and_audited(client, administrator, alice):
    answer = client.post(f"{BUDGETS}add/", {"owner": alice.pk, "limit": "2.5", **FOR_EVER})
    assert answer.status_code == 302
    budget = Budget.objects.get()
    assert (budget.owner, budget.limit, budget.is_hard) == (alice, Decimal("2.5"), True)
    entry = AuditEntry.objects.get(action="budget.set")
    assert (entry.actor, entry.subject) == (administrator, alice)


@pytest.mark.parametrize("scope", ["team", "group", "conversation", "api_key", "is_for_newcomers"])
def test_a_budget_is_set_for_each_scope(client, administrator, scope, conversation, alice_key):
    values = {
        "group": Group.objects.create(name="Designers").pk,
        "conversation": str(conversation.pk),
        "api_key": alice_key.pk,
        "is_for_newcomers": "on",
    }
    typed = {scope: values[scope]} if scope in values else {}
    answer = client.post(f"{BUDGETS}add/", {"limit": "2", **FOR_EVER, "window": "week", **typed})
    assert answer.status_code == 302
    assert Budget.objects.get().scope == scope.removeprefix("is_for_")
    page = client.get(BUDGETS).content.decode()
    assert conversation.title not in page


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"window": "day", "is_for_newcomers": "on"},
        {"window": "day", "limit": "-1"},
        {"window": "day", "time_zone": "Mars/Olympus"},
        {"window": "day", "conversation": "nonsense"},
    ],
    ids=["the same again", "two scopes", "below zero", "no such zone", "no such conversation"],
)
def test_what_is_wrong_is_said_beside_the_field(client, administrator, alice, budget, typed):
    answer = client.post(f"{BUDGETS}add/", {"owner": alice.pk, "limit": "2.5", **FOR_EVER, **typed})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Budget.objects.count() == 1


def test_changing_the_limit_leaves_what_the_ledger_says(client, administrator, alice, alice_key, budget, llama):
    send(alice, "hello", model=llama)
    answer = client.post(f"{BUDGETS}{budget.pk}/change/", {"limit": "3", "is_hard": "on", "window": "day"})
    assert answer.status_code == 302
    now = Budget.objects.with_amounts().get()
    assert (now.limit, now.window, now.reserved) == (3, "total", llama.reservation)
    assert str(llama.reservation.normalize()) in client.get(BUDGETS).content.decode()


def test_the_list_asks_as_much_for_many_as_for_one(client, administrator, budget, bob, django_assert_max_num_queries):
    Budget.objects.create(owner=bob, limit=1)
    Budget.objects.create(group=Group.objects.create(name="Designers"), limit=1)
    client.get(BUDGETS)
    with django_assert_max_num_queries(7):
        client.get(BUDGETS)


# --- Asking for more ------------------------------------------------------------
def test_one_click_grants_what_was_asked_for(client, administrator, alice, budget, asked):
    assert "a report" in client.get(REQUESTS).content.decode()
    client.post(f"{REQUESTS}{asked.pk}/grant/")
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("granted", administrator)
    assert Budget.objects.with_amounts().get().limit_in_force == 6
    assert BudgetAdjustment.objects.values_list("amount", "reason", "by").get() == (
        5,
        f"Request {asked.pk}",
        administrator.pk,
    )
    actions = AuditEntry.objects.filter(action__startswith="budget.").values_list("action", flat=True)
    assert set(actions) == {"budget.asked", "budget.adjusted", "budget.granted"}


def test_one_click_refuses_it(client, administrator, asked):
    client.post(f"{REQUESTS}{asked.pk}/refusal/")
    asked.refresh_from_db()
    assert asked.state == "refused"
    assert not BudgetAdjustment.objects.exists()


def test_two_administrators_at_once_grant_once(administrator, asked, bob):
    stale = BudgetRequest.objects.get()
    budget_requests.grant(asked=asked, by=administrator)
    with pytest.raises(DecidedAlready):
        budget_requests.grant(asked=stale, by=bob)
    assert BudgetAdjustment.objects.count() == 1


def test_who_waits_for_an_answer_does_not_ask_twice(alice, budget, asked):
    with pytest.raises(AskedAlready):
        ask_for_more(budget=budget, person=alice, amount=Decimal(1), reason="more")
    assert BudgetRequest.objects.count() == 1


def test_administrators_and_the_person_are_written_to(administrator, asked):
    budget_requests.mail_administrators(request_id=asked.pk, page="http://x/")
    budget_requests.grant(asked=asked, by=administrator)
    budget_requests.mail_person(request_id=asked.pk)
    to_us, to_alice = mail.outbox
    assert (to_us.to, to_alice.to) == (["root@example.com"], ["alice@example.com"])
    assert "a report" in to_us.body
    assert "http://x/" in to_us.body
    assert "were granted" in to_alice.body


def test_an_adjustment_is_made_with_a_reason_and_a_name(client, administrator, budget):
    address = "/admin/chat/budgetadjustment/"
    assert client.post(f"{address}add/", {"budget": budget.pk, "amount": "0", "reason": "x"}).status_code == 200
    assert client.post(f"{address}add/", {"budget": budget.pk, "amount": "-0.5", "reason": "wrong"}).status_code == 302
    made = BudgetAdjustment.objects.get()
    assert (made.amount, made.reason, made.by) == (Decimal("-0.5"), "wrong", administrator)
    assert Budget.objects.with_amounts().get().limit_in_force == Decimal("0.5")
    assert "wrong" in client.get(address).content.decode()
