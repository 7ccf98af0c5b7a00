"""One's own usage: what the ledger says, to the last digit, and nobody else's."""

from decimal import Decimal

from django.db.models import Sum

from chat.models import Budget, LedgerEntry, Reply
from tests.chat.conftest import v1_answer
from tests.chat.sending import send

ADDRESS = "/settings/usage/"


def rows(client, name: str) -> list[dict]:
    return list(client.get(ADDRESS).context[name])


def test_the_sums_are_those_of_the_ledger(client, alice, alice_key, llama, segmind, deliver):
    for cost in ("0.0006", "0.00071", "NaN"):
        segmind.answers = [v1_answer(cost=cost)]
        deliver(send(alice, "hello", model=llama).answer.reply)
    client.force_login(alice)
    [month], [model] = rows(client, "months"), rows(client, "models")
    settled = LedgerEntry.objects.filter(kind="settle").aggregate(total=Sum("amount"))["total"]
    assert month["spent"] == model["spent"] == settled == Decimal("0.00131")
    assert (month["replies"], month["read"], month["written"], month["unknown"]) == (3, 21, 9, 1)
    assert model["label"] == llama.label


def test_a_lost_answer_is_counted_as_unknown_and_not_as_zero(client, alice, reply):
    Reply.objects.update(
        state="unknown", billed="unknown", submit_started_at=reply.created_at, finished_at=reply.created_at
    )
    client.force_login(alice)
    assert [row["unknown"] for row in rows(client, "months")] == [1]


def test_nobody_sees_what_others_spend(client, bob, reply, llama):
    client.force_login(bob)
    assert rows(client, "months") == []
    assert "You have not asked anything yet" in client.get(ADDRESS).content.decode()


def test_the_budgets_that_bind_are_shown(client, alice, bob, alice_key, llama):
    Budget.objects.create(owner=alice, limit=2)
    Budget.objects.create(owner=bob, limit=7)
    send(alice, "hello", model=llama)
    client.force_login(alice)
    page = client.get(ADDRESS).content.decode()
    assert "of 2.00 credits spent" in page
    assert "of 7.00" not in page


def test_the_number_of_queries_stays_the_same(client, alice, alice_key, llama, django_assert_max_num_queries):
    for _ in range(5):
        send(alice, "hello", model=llama)
    client.force_login(alice)
    client.get(ADDRESS)
    with django_assert_max_num_queries(8):
        client.get(ADDRESS)
