"""Money: reserved before it can be spent, settled at what was billed, released when nothing was; and never twice."""

import importlib
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from chat.delivery import steps
from chat.models import Budget, Hold, LedgerEntry, Message, Reply
from chat.segmind import Completion, OutcomeUnknown
from chat.services.replies import NeedsConfirmation, stop_reply, try_again
from tests.chat.conftest import v1_answer
from tests.chat.delivery.conftest import at_the_same_instant, queue_many
from tests.chat.sending import send
from tests.factories import ApiKeyFactory

COST = Decimal("0.0002")
LOST = OutcomeUnknown(kind="upstream")


def answer(cost: Decimal | None = COST) -> Completion:
    nothing: dict[str, Any] = dict.fromkeys(
        ("input_tokens", "output_tokens", "remaining_credits", "generation_seconds")
    )
    return Completion(text="Hi!", stop_reason="stop", cost=cost, request_id="r-1", **nothing)


@pytest.fixture
def budget(alice: User) -> Budget:
    return Budget.objects.create(owner=alice, limit=10)


def entries(reply: Reply) -> list[tuple[str, Decimal]]:
    return list(reply.entries.order_by("pk").values_list("kind", "amount"))


def account(budget: Budget) -> tuple[Decimal, Decimal]:
    now = Budget.objects.with_amounts().get(pk=budget.pk)
    return now.reserved, now.spent


def test_an_answer_settles_what_it_cost_and_gives_the_rest_back(budget, reply, segmind, deliver):
    assert account(budget) == (reply.reserved, 0)
    segmind.answers = [v1_answer(cost=str(COST))]
    deliver(reply)
    assert account(budget) == (0, COST)
    assert entries(reply) == [("reserve", reply.reserved), ("settle", COST)]
    assert not Hold.objects.exists()


def test_what_was_not_billed_is_released(budget, reply, segmind, deliver):
    segmind.answers = [httpx.Response(400, json={"error": "no"})]
    deliver(reply)
    assert account(budget) == (0, 0)
    assert entries(reply) == [("reserve", reply.reserved), ("release", reply.reserved)]


@pytest.mark.parametrize("outcome", [httpx.ReadTimeout(""), httpx.Response(502), v1_answer(cost="NaN")])
def test_a_cost_that_is_not_known_keeps_its_reservation(budget, reply, segmind, deliver, outcome):
    segmind.answers = [outcome]
    deliver(reply)
    assert account(budget) == (reply.reserved, 0)
    assert entries(reply) == [("reserve", reply.reserved)]


def test_what_is_repeated_by_machine_is_reserved_once(budget, reply, segmind, deliver):
    segmind.answers = [httpx.ConnectError(""), httpx.Response(429, json={"error": "wait"}), v1_answer(cost=str(COST))]
    deliver(reply)
    assert entries(reply) == [("reserve", reply.reserved), ("settle", COST)]


def test_stopped_and_answered_late_and_tried_again(budget, reply):
    [work] = steps.claim(limit=1).assignments
    stop_reply(reply=reply)
    assert account(budget) == (reply.reserved, 0)
    steps.complete(work, answer())
    assert account(budget) == (0, COST)
    with pytest.raises(NeedsConfirmation):
        try_again(reply=reply)
    again = try_again(reply=reply, confirmed=True).reply
    assert account(budget) == (again.reserved, COST)


def test_the_truth_about_a_lost_call_is_kept_after_another_attempt_began(budget, reply):
    [work] = steps.claim(limit=1).assignments
    steps.fail(work, LOST, to="unknown")
    again = try_again(reply=reply, confirmed=True).reply
    steps.complete(work, answer())
    assert entries(reply) == [("reserve", reply.reserved), ("settle", COST)]
    assert account(budget) == (again.reserved, COST)
    assert Message.objects.get(role="assistant").text == ""  # the person waits for the other attempt


def test_a_late_but_certain_no_releases_what_was_given_up(budget, reply):
    [work] = steps.claim(limit=1).assignments
    Reply.objects.get().move(to="unknown", billed="unknown")
    steps.hand_back(work, LOST, seconds=1)
    assert entries(reply) == [("reserve", reply.reserved), ("release", reply.reserved)]
    assert account(budget) == (0, 0)
    assert Reply.objects.get().state == "failed"


def test_beyond_the_teams_budget_a_message_is_kept_but_not_sent(alice, alice_key, llama):
    Budget.objects.create(owner=None, limit=0)
    reply = send(alice, "hello", model=llama).answer.reply
    assert (reply.state, reply.failure_kind) == ("failed", "budget")
    assert Message.objects.get(role="user").text == "hello"
    assert steps.claim(limit=1).assignments == []
    assert entries(reply) == []


def test_the_database_itself_lets_nothing_pass_a_budget(alice, alice_key, model):
    Budget.objects.create(owner=alice, limit=model.reservation)
    queue_many(1, person=alice, key=alice_key, model=model)
    with pytest.raises(IntegrityError, match="budget"), transaction.atomic():
        queue_many(1, person=alice, key=alice_key, model=model)


@pytest.mark.parametrize("change", ["UPDATE chat_ledgerentry SET amount = 0", "DELETE FROM chat_ledgerentry"])
def test_nothing_is_changed_in_the_ledger_or_taken_out(reply, change):
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_the_same_instant_with_money_for_one_a_single_one_goes(alice, model):
    ApiKeyFactory(owner=alice)
    Budget.objects.create(owner=alice, limit=model.reservation)
    replies = at_the_same_instant(20, lambda turn: send(alice, f"text {turn}", model=model).answer.reply)
    assert sorted((reply.state, reply.failure_kind) for reply in replies) == [("failed", "budget")] * 19 + [
        ("queued", "")
    ]
    texts = Message.objects.filter(role="user").values_list("text", flat=True)
    assert sorted(texts) == sorted(f"text {turn}" for turn in range(20))


@pytest.mark.django_db(transaction=True)
def test_however_sending_stopping_and_storing_meet_two_budgets_agree_with_the_ledger(alice, model):
    key = ApiKeyFactory(owner=alice)
    own, team = (Budget.objects.create(owner=owner, limit=model.reservation * 6) for owner in (alice, None))
    Budget.objects.filter(pk=own.pk).update(limit=model.reservation * 5)  # rows that have been rewritten lie elsewhere
    queue_many(3, person=alice, key=key, model=model)
    works = steps.claim(limit=3).assignments

    def act(turn: int) -> None:
        if turn < 3:
            steps.complete(works[turn], answer())
        for _ in range(4):
            reply = send(alice, "hello", model=model).answer.reply
            if reply and reply.state == "queued" and turn % 2:
                stop_reply(reply=reply)

    at_the_same_instant(6, act)
    settled = sum(LedgerEntry.objects.filter(kind="settle").values_list("amount", flat=True))
    queued = Reply.objects.filter(state="queued").count()
    assert account(own) == account(team) == (queued * model.reservation, settled)
    assert settled == 3 * COST
    assert sum(account(own)) <= model.reservation * 5


def test_the_ledger_can_be_taken_away_and_is_written_anew_for_what_is_there(alice, alice_key, model):
    """Not through the migration executor, which would leave the other tests without a schema if this one fails."""
    migration = importlib.import_module("chat.migrations.0006_accounting")
    settled, released, unknown, waiting = queue_many(4, person=alice, key=alice_key, model=model)
    [one, two, three, _] = sorted(steps.claim(limit=4).assignments, key=lambda work: work.queued_at)
    steps.complete(one, answer())
    stop_reply(reply=released)
    steps.hand_back(two, LOST)
    steps.fail(three, LOST, to="unknown")
    before = [entries(reply) for reply in (settled, released, unknown, waiting)]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(migration.BACKWARDS)
        assert not LedgerEntry.objects.exists()
        cursor.execute(migration.FORWARDS)
    assert [entries(reply) for reply in (settled, released, unknown, waiting)] == before
    assert [len(kinds) for kinds in before] == [2, 2, 1, 1]
