"""At 50, 80 and 100 %: a mail, once for each window and threshold, and a line at the message box."""

from decimal import Decimal

import pytest
import time_machine
from django.core import mail

from accounts.models import User
from chat.models import Budget, BudgetWarning
from chat.services.budget_warnings import warn_of_budgets
from chat.services.budgets import adjust
from tests.chat.delivery.conftest import queue_many
from tests.factories import PASSWORD


def subjects() -> list[str]:
    return [str(one.subject) for one in mail.outbox]


def test_each_threshold_is_told_once_and_again_in_the_next_window(alice, alice_key, llama):
    budget = Budget.objects.create(owner=alice, limit=llama.reservation * 10, window="day")
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as clock:
        for number in (4, 1, 1, 2, 2):
            queue_many(number, person=alice, key=alice_key, model=llama)
            warn_of_budgets()
            warn_of_budgets()
        assert subjects() == [f"{percent} % of a budget is used: Alice" for percent in (50, 80, 100)]
        assert {address for one in mail.outbox for address in one.to} == {"alice@example.com"}
        clock.move_to("2026-11-22T12:00:00Z")
        warn_of_budgets()
        assert len(mail.outbox) == 3
        queue_many(8, person=alice, key=alice_key, model=llama)
        warn_of_budgets()
        assert subjects()[3:] == ["80 % of a budget is used: Alice"]
    assert BudgetWarning.objects.filter(period__budget=budget).count() == 4


def test_administrators_hear_of_the_teams_budget(alice, alice_key, llama):
    User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    Budget.objects.create(limit=llama.reservation)
    queue_many(1, person=alice, key=alice_key, model=llama)
    warn_of_budgets()
    assert [one.to for one in mail.outbox] == [["root@example.com"]]


def test_a_mail_that_could_not_leave_is_tried_again(alice, alice_key, llama, monkeypatch):
    Budget.objects.create(owner=alice, limit=llama.reservation)
    queue_many(1, person=alice, key=alice_key, model=llama)
    with monkeypatch.context() as away:

        def refuse(*args: object, **kwargs: object) -> None:
            raise ConnectionRefusedError

        away.setattr("chat.services.budget_warnings.mail_people", refuse)
        warn_of_budgets()
    warn_of_budgets()
    assert len(mail.outbox) == 1


def test_a_grant_takes_the_line_away(client, alice, bob, alice_key, llama):
    budget = Budget.objects.create(owner=alice, limit=llama.reservation * 2)
    client.force_login(alice)
    address = "/budgets/notice/"
    assert "% of your budget" not in client.get(address).content.decode()
    queue_many(1, person=alice, key=alice_key, model=llama)
    assert "50 % of your budget is used." in client.get(address).content.decode()
    assert "50 % of your budget is used." in client.get("/").content.decode()
    adjust(budget=budget, amount=Decimal(100), reason="more", by=bob)
    assert "% of your budget" not in client.get(address).content.decode()


@pytest.mark.parametrize("address", ["/", "/budgets/notice/"])
def test_without_a_budget_there_is_no_line_and_nothing_that_asks(client, alice, address):
    client.force_login(alice)
    assert "budget-notice" not in client.get(address).content.decode()
