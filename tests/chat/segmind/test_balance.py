from decimal import Decimal

import httpx
import pytest

from chat.segmind import Balance, Billed, NotAccepted, Refused, SegmindError, UnusableAnswer
from tests.chat.segmind.wire import KEY, KEY_TEXT, PAGE, Wire, client

pytestmark = pytest.mark.asyncio
ERROR = {"error": "Segmind says no"}


async def error_of(answer: httpx.Response | Exception) -> SegmindError:
    with pytest.raises(SegmindError) as caught:
        await client(answer).balance(KEY)
    return caught.value


async def test_a_balance_is_exact() -> None:
    wire = Wire(httpx.Response(200, content=b'{"credits": 7.1, "free-credits": 0.0184921035}'))
    balance = await wire.client().balance(key=KEY)
    assert balance == Balance(Decimal("7.1"), Decimal("0.0184921035"))
    assert balance.total == Decimal("7.1184921035")
    (call,) = wire.calls
    assert (call.method, str(call.url)) == ("GET", "https://segmind.test/v1/get-user-credits")
    assert call.headers["x-api-key"] == KEY_TEXT


@pytest.mark.parametrize("credits", ["NaN", "-1", '"7"', "true", "null", "1e400"])
async def test_an_odd_balance_is_not_known_though_the_key_works(credits: str) -> None:
    body = f'{{"credits": {credits}, "free-credits": 1}}'.encode()
    balance = await client(httpx.Response(200, content=body)).balance(KEY)
    assert (balance.credits, balance.free_credits, balance.total) == (None, Decimal(1), None)


async def test_half_a_balance_is_no_total() -> None:
    assert (await client(httpx.Response(200, json={"credits": 1})).balance(KEY)).total is None


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "request"), (401, "key"), (403, "forbidden"), (404, "credits"), (405, "request")]
)
async def test_a_refused_key_and_an_account_without_a_balance_are_told_apart(status: int, kind: str) -> None:
    error = await error_of(httpx.Response(status, json=ERROR))
    assert (type(error), error.kind, error.billed, error.status) == (Refused, kind, Billed.NO, status)
    assert error.detail == "Segmind says no"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("x"),
        httpx.ReadTimeout("x"),
        httpx.Response(429, json=ERROR),
        httpx.Response(500, json=ERROR),
        httpx.Response(503, html=PAGE),
        httpx.Response(401, html=PAGE),
        httpx.Response(302, headers={"location": "https://elsewhere.test"}),
    ],
)
async def test_a_fault_may_be_asked_again(answer: httpx.Response | Exception) -> None:
    error = await error_of(answer)
    assert (type(error), error.billed) == (NotAccepted, Billed.NO)


@pytest.mark.parametrize("body", [b"", b"OK", b"[]", b"{}", PAGE.encode(), b"[" * 100_000, b'{"error": "no"}'])
async def test_an_answer_without_credits_is_unusable(body: bytes) -> None:
    error = await error_of(httpx.Response(200, content=body))
    assert (type(error), error.kind, error.billed) == (UnusableAnswer, "upstream", Billed.NO)
