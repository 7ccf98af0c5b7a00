"""Money: what is billed adds up, to the last digit, whatever runs in parallel."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.catalogue import MODELS
from tests.sandbox.conftest import Asker
from tests.sandbox.ledger import OPENING_CREDITS, Account, Ledger, plain
from tests.sandbox.questions import conversation_digest
from tests.sandbox.refusals import Refusal


def test_a_new_key_has_25_credits(asker: Asker) -> None:
    assert asker.balance().json() == {"credits": 25, "free-credits": 0}


def test_an_account_without_a_balance_record_is_a_404(asker: Asker) -> None:
    asker.sandbox.set_account(asker.key, credits=None)
    response = asker.balance()
    assert (response.status_code, response.json()) == (404, {"error": "No credits found for the user"})


def test_v1_says_cost_balance_id_and_time_in_headers(asker: Asker) -> None:
    response = asker.ask("Hello", slug="gpt-5.5")
    assert response.headers["x-cost"] == "0.044"
    assert response.headers["x-remaining-credits"] == "24.956"
    assert response.headers["x-request-id"] == asker.row()["request_id"]
    assert float(response.headers["x-generation-time"]) < 5


def test_a_row_says_what_was_asked(asker: Asker) -> None:
    asker.ask("Hello sandbox:length", instruction="Be brief")
    row = asker.row()
    assert row["key"] == asker.key
    assert (row["slug"], row["version"], row["status"], row["state"]) == ("claude-3-haiku", "v1", 200, "billed")
    assert (row["prompt"], row["turns"], row["faults"]) == ("Hello sandbox:length", 1, "length")
    assert (row["cost"], row["remaining"]) == ("0.00071", "24.99929")
    assert row["digest"] == conversation_digest("Be brief", [("user", "Hello sandbox:length")])


def test_every_model_is_billed_at_its_published_cost(asker: Asker) -> None:
    for slug in MODELS:
        assert asker.ask("Hello", slug=slug).status_code == 200
    total = sum(model.cost for model in MODELS.values())
    account = asker.sandbox.account(asker.key)
    assert Decimal(account["spent"]) == total
    assert Decimal(account["credits"]) == OPENING_CREDITS - total


def test_calls_in_parallel_add_up(asker: Asker) -> None:
    words = ["Hello", "sandbox:bad-gateway", "sandbox:credits", "sandbox:fail", "sandbox:malformed", "sandbox:empty"]
    calls = [(word, version) for word in words for version in ("v1", "v2")] * 5
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda call: asker.ask(call[0], version=call[1]), calls))
    ledger = asker.sandbox.ledger(key=asker.key)
    billed = [Decimal(row["cost"]) for row in ledger["rows"] if row["state"] == "billed"]
    assert (ledger["posts"], ledger["accepted"], ledger["billed"]) == (60, 50, 30)
    assert len(billed) == 30
    assert Decimal(ledger["cost"]) == sum(billed) == 30 * Decimal("0.00071")
    assert Decimal(str(asker.balance().json()["credits"])) == OPENING_CREDITS - sum(billed)


def test_credits_run_out_exactly_where_they_do(asker: Asker) -> None:
    asker.sandbox.set_account(asker.key, credits="0.0014", free_credits="0.00002")
    assert [asker.ask("Hello").status_code for _ in range(3)] == [200, 200, 406]
    assert asker.balance().json() == {"credits": 0, "free-credits": 0}


def test_free_credits_are_used_first(asker: Asker) -> None:
    asker.sandbox.set_account(asker.key, credits="1", free_credits="0.0005")
    assert asker.ask("Hello").headers["x-remaining-credits"] == "0.99979"
    assert asker.balance().json() == {"credits": 0.99979, "free-credits": 0}


def test_a_team_limit_is_a_406_that_names_period_and_cap(asker: Asker) -> None:
    asker.sandbox.set_account(asker.key, spend_limit="0.001", spend_period="daily")
    assert asker.ask("Hello").status_code == 200
    response = asker.ask("Hello")
    expected = {"error": "Team spend limit reached: the daily limit of 0.001 credits is used up."}
    assert (response.status_code, response.json()) == (406, expected)


@pytest.mark.parametrize(
    ("filters", "count"),
    [({"slug": "gpt-4o"}, 1), ({"state": "refused"}, 1), ({"prompt": "two"}, 1), ({"limit": 2}, 2), ({}, 3)],
)
def test_rows_can_be_filtered(asker: Asker, filters: dict[str, str], count: int) -> None:
    asker.ask("one")
    asker.ask("two", slug="gpt-4o")
    asker.ask("three sandbox:forbidden")
    rows = asker.sandbox.ledger(key=asker.key, **filters)["rows"]
    assert len(rows) == count


def test_rows_are_bounded_and_totals_go_on() -> None:
    ledger = Ledger()
    ledger.rows = type(ledger.rows)(maxlen=3)
    account = Account("SG_5a00000000000000")
    for number in range(5):
        row = ledger.note(account, "gpt-4o", "v1", 0.0)
        ledger.accept(account, row, str(number))
        ledger.bill(account, row, Decimal("0.1"))
        ledger.bill(account, row, Decimal("0.1"))
    assert [row.number for row in ledger.rows] == [3, 4, 5]
    assert (ledger.posts, ledger.billed, ledger.cost) == (5, 5, Decimal("0.5"))
    assert account.balance == OPENING_CREDITS - Decimal("0.5")


@given(st.lists(st.sampled_from([model.cost for model in MODELS.values()])), st.decimals(0, 1, places=6))
def test_no_sequence_of_payments_loses_a_digit(costs: list[Decimal], free: Decimal) -> None:
    account = Account("SG_5a00000000000000", free_credits=free)
    paid = Decimal(0)
    for cost in costs:
        try:
            account.afford(cost)
        except Refusal:
            continue
        account.pay(cost)
        paid += cost
    assert account.spent == paid
    assert account.balance == OPENING_CREDITS + free - paid
    assert account.balance >= 0


def test_small_amounts_have_no_exponent() -> None:
    assert plain(Decimal("2.7E-5")) == "0.000027"
