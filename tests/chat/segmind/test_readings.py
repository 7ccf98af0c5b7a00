import math
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.segmind.bodies import parsed_text
from chat.segmind.readings import LARGEST_AMOUNT, amount, amount_in, count, moment_in

RESET = datetime(2026, 11, 21, 11, 30, 5, tzinfo=UTC)
ODD_JSON = ["NaN", "Infinity", "-Infinity", "-0.01", '"0.5"', '"abc"', "true", "false", "null", "[1]", "{}", "1e400"]
ODD_JSON += ["1" * 30, "1" * 5000, "1e999999999999999999999", "1000000001"]


@pytest.mark.parametrize("text", ODD_JSON)
def test_an_odd_amount_is_not_known(text: str) -> None:
    assert amount(parsed_text(text)) is None


@pytest.mark.parametrize("text", ["0", "0.0", "-0.0", "7", "0.0184921035", "6e-05", "1e3"])
def test_an_amount_is_exact(text: str) -> None:
    assert amount(parsed_text(text)) == Decimal(text)


@pytest.mark.parametrize("text", ["0", "24.5", "0.000027", "6e-05", "2.7E-5"])
def test_an_amount_of_a_header_is_exact(text: str) -> None:
    assert amount_in(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    ["", "NaN", "inf", "-1", "+1", "0x10", "1,5", "1_000", "true", "0.1, 0.2", "٣", "1e9999", "1" * 31, " 1", "$1"],
)
def test_an_odd_amount_of_a_header_is_not_known(text: str) -> None:
    assert amount_in(text) is None


@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_an_amount_of_a_header_is_none_or_fit_for_a_sum(text: str) -> None:
    value = amount_in(text)
    assert value is None or 0 <= value <= LARGEST_AMOUNT


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text())
def test_an_amount_is_none_or_fit_for_a_sum(value: object) -> None:
    number = amount(value)
    assert number is None or (number.is_finite() and 0 <= number <= LARGEST_AMOUNT)


@pytest.mark.parametrize("value", [-1, True, False, 2**31, "7", None, Decimal("7"), math.nan, [7]])
def test_an_odd_count_is_not_known(value: object) -> None:
    assert count(value) is None


def test_a_count_is_a_whole_number() -> None:
    assert (count(0), count(2**31 - 1)) == (0, 2**31 - 1)


@pytest.mark.parametrize(
    "header",
    [
        "2026-11-21T11:30:05Z",
        "2026-11-21T11:30:05",
        "2026-11-21T11:30:05+00:00",
        "2026-11-21T12:30:05+01:00",
        "2026-11-21T11:30:05.000Z",
        "2026-11-21T11:30:05.000000000Z",
        "2026-11-21 11:30:05",
        "2026-11-21 11:30:05 UTC",
        "2026-11-21 11:30:05 +0000 UTC",
        " 2026-11-21T11:30:05Z ",
        "1795260605",
        "1795260605.0",
        "1795260605000",
        "Sat, 21 Nov 2026 11:30:05 GMT",
        "Sat, 21 Nov 2026 12:30:05 +0100",
        "Sat, 21 Nov 2026 11:30:05 -0000",
    ],
)
def test_a_reset_is_understood_in_every_likely_form(header: str) -> None:
    assert moment_in(header) == RESET
    assert moment_in(header).tzinfo is UTC  # type: ignore[union-attr]


def test_a_reset_without_a_zone_is_in_utc_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "America/New_York")
        time.tzset()
        assert moment_in("2026-11-21 11:30:05") == RESET
    time.tzset()


@pytest.mark.parametrize("year", [2001, 2199])
def test_a_far_reset_is_left_to_the_caller(year: int) -> None:
    assert moment_in(f"{year}-01-01T00:00:00Z") == datetime(year, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "soon",
        "37",
        "-1",
        "NaN",
        "99999999999999999999",
        "2026-13-40T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "Sat,",
        "0",
    ],
)
def test_an_odd_reset_is_not_known(header: str) -> None:
    assert moment_in(header) is None


@given(st.text() | st.integers().map(str) | st.datetimes().map(str) | st.floats().map(str))
def test_any_reset_is_a_time_in_utc_or_not_known(header: str) -> None:
    moment = moment_in(header)
    assert moment is None or moment.tzinfo is UTC
