"""One's own usage: what the ledger says, to the last digit, and nobody else's."""

from decimal import Decimal

from django.db.models import Sum

from chat.models import Budget, LedgerEntry, Reply
from chat.services.usage_report import Report
from tests.chat.conftest import v1_answer
from tests.chat.sending import send

ADDRESS = "/settings/usage/"


def shown(client, **query: str) -> Report:
    report: Report = client.get(ADDRESS, query).context["report"]
    return report


def test_the_sums_are_those_of_the_ledger(client, alice, alice_key, llama, segmind, deliver):
    for cost in ("0.0006", "0.00071", "NaN"):
        segmind.answers = [v1_answer(cost=cost)]
        deliver(send(alice, "hello", model=llama).answer.reply)
    client.force_login(alice)
    report = shown(client)
    [row] = report.rows
    settled = LedgerEntry.objects.filter(kind="settle").aggregate(total=Sum("amount"))["total"]
    assert report.total.now.spent == row.now.spent == settled == Decimal("0.00131")
    assert (row.now.replies, row.now.read, row.now.written, row.now.unknown) == (3, 21, 9, 1)
    assert row.name == llama.label
    assert 'title="0.0013100000"' in client.get(ADDRESS).content.decode()


def test_a_lost_answer_is_counted_as_unknown_and_not_as_zero(client, alice, reply):
    Reply.objects.update(
        state="unknown", billed="unknown", submit_started_at=reply.created_at, finished_at=reply.created_at
    )
    client.force_login(alice)
    assert shown(client).total.now.unknown == 1


def test_nobody_sees_what_others_spend(client, bob, reply, llama):
    client.force_login(bob)
    assert shown(client).rows == []
    assert "Nothing was asked in these days." in client.get(ADDRESS).content.decode()
    assert shown(client, by="model", person=str(reply.owner_id)).total.now.replies == 0


def test_own_conversations_are_named(client, alice, reply):
    client.force_login(alice)
    assert [row.name for row in shown(client, by="conversation").rows] == [reply.message.conversation.title]


def test_days_that_make_no_sense_are_refused_with_a_reason(client, alice, reply):
    client.force_login(alice)
    answer = client.get(ADDRESS, {"first": "2026-11-02", "last": "2026-11-01"})
    assert answer.status_code == 422
    assert "Choose a first day that is before the last one" in answer.content.decode()
    assert client.get(ADDRESS, {"first": "x", "by": "person"}).status_code == 422


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
    with django_assert_max_num_queries(11):
        client.get(ADDRESS, {"by": "conversation", "unit": "week"})
