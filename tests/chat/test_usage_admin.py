"""The dashboard, its files and the balances: for administrators and auditors, and always the ledger's numbers."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, User
from chat.models import Reply
from chat.services import focus
from chat.services.reconciliation import reconcile
from chat.services.usage import Period, roll_up_what_is_over
from tests.chat.conftest import v1_answer
from tests.chat.sending import send
from tests.factories import PASSWORD
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/chat/usageday/"


@pytest.fixture
def spent(alice, alice_key, llama, segmind, deliver) -> Decimal:
    """Four answers of Alice's that cost something, and what."""
    costs = [Decimal("0.0006"), Decimal("0.25"), Decimal("0.0000000001"), Decimal(1)]
    left = Decimal(10)
    for number, cost in enumerate(costs):
        left -= cost
        segmind.answers = [v1_answer(cost=str(cost), credits=str(left))]
        reply = send(alice, "=cmd", model=llama).answer.reply
        assert reply
        deliver(reply)
        # The clock stands still where work is done in tests.
        Reply.objects.filter(pk=reply.pk).update(finished_at=reply.created_at + timedelta(seconds=number))
    return sum(costs, Decimal(0))


@pytest.fixture
def administrator(client) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    sign_in(client, person)
    return person


def today() -> Period:
    return Period(timezone.localdate(), timezone.localdate())


def table(client, **query: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(client.get(f"{ADDRESS}csv/", query).content.decode())))


def test_dashboard_shows_who_spent_what(client, administrator, alice, spent):
    answer = client.get(ADDRESS)
    report = answer.context["report"]
    assert report.total.now.spent == spent
    assert [(row.name, row.now.spent) for row in report.rows] == [(str(alice), spent)]
    assert f'title="{spent}"' in answer.content.decode()
    dearest = {row.of: row.now.spent for row in report.dearest}
    assert max(dearest.values()) == 1
    assert str(alice) in {row.name for row in report.dearest}


def test_titles_of_conversations_are_on_no_page_of_the_admin(client, administrator, spent):
    assert "=cmd" not in client.get(ADDRESS).content.decode()


@pytest.mark.parametrize("by", ["person", "group", "model", "key"])
@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_every_way_to_take_it_apart_has_a_page(client, administrator, spent, by, unit):
    assert client.get(ADDRESS, {"by": by, "unit": unit}).status_code == 200


def test_one_person_alone(client, administrator, alice, bob, spent):
    assert client.get(ADDRESS, {"person": alice.pk, "by": "model"}).context["report"].total.now.spent == spent
    assert client.get(ADDRESS, {"person": bob.pk, "by": "model"}).context["report"].total.now.replies == 0


def test_csv_is_what_the_page_shows_to_the_last_digit(client, administrator, alice, spent):
    header, *rows = table(client)
    assert header[:2] == ["From", "Credits"]
    assert len(rows) == 30
    assert Decimal(rows[-1][1]) == spent
    header, row = table(client, table="by")
    assert (row[0], Decimal(row[1])) == (str(alice), spent)
    assert AuditEntry.objects.filter(action="data.exported", actor_id=administrator.pk).count() == 2


def test_cells_cannot_become_formulas(client, administrator, alice, spent):
    User.objects.filter(pk=alice.pk).update(name="=1+1")
    assert table(client, table="by")[1][0].startswith("'=1+1")


def test_focus_file_has_all_mandatory_columns_filled_and_the_ledgers_sum(client, administrator, spent):
    answer = client.get(f"{ADDRESS}focus/")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    never_null = """BilledCost BillingAccountId BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory
        ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost HostProviderName InvoiceIssuerName ListCost
        ServiceCategory ServiceName ServiceProviderName"""
    assert list(rows[0]) == focus.COLUMNS
    assert all(row[column] for row in rows for column in never_null.split())
    assert sum(Decimal(row["BilledCost"]) for row in rows) == spent
    assert rows[0]["ChargePeriodStart"] < rows[0]["ChargePeriodEnd"] <= rows[0]["BillingPeriodEnd"]


def test_auditors_look_and_members_do_not(client, alice, bob, spent):
    User.objects.filter(pk=bob.pk).update(role="auditor")
    for person, status in ((bob, 200), (alice, 302)):
        sign_in(client, User.objects.get(pk=person.pk))
        for page in ("", "csv/", "focus/", "balances/"):
            assert client.get(ADDRESS + page).status_code == status


def test_queries_are_constant(client, administrator, alice, spent, llama, django_assert_max_num_queries):
    Reply.objects.update(created_at=timezone.now() - timedelta(days=3))
    roll_up_what_is_over()
    client.get(ADDRESS)
    with django_assert_max_num_queries(12):
        client.get(ADDRESS)


def test_balances_agree_with_what_was_settled(client, administrator, spent):
    [row] = reconcile(today())
    assert (row.drift, row.agrees, row.reasons) == (0, True, [])
    assert client.get(f"{ADDRESS}balances/").status_code == 200


def test_drift_is_told_with_its_likely_reasons(spent, alice, alice_key):
    last = Reply.objects.latest("finished_at")
    Reply.objects.filter(pk=last.pk).update(remaining_credits=last.remaining_credits - 5)
    [row] = reconcile(today())
    assert row.drift == 5
    assert row.reasons == ["the key, or its account, was used outside of Parley"]
    Reply.objects.filter(pk=last.pk).update(cost=None)
    [row] = reconcile(today())
    assert row.reasons[0] == "1 answer of unknown cost"


def test_credits_bought_meanwhile_are_no_drift(spent):
    last = Reply.objects.latest("finished_at")
    Reply.objects.filter(pk=last.pk).update(remaining_credits=last.remaining_credits + 100)
    [row] = reconcile(today())
    # The rise hides what the answer itself cost.
    assert (row.bought, row.drift) == (99, -1)
