"""What the outcome of a POST means: each row of the failure model's table, and of the contract's."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from chat.segmind import (
    Billed,
    Completion,
    NotAccepted,
    OutcomeUnknown,
    Refused,
    SegmindError,
    Submission,
    UnusableAnswer,
)
from chat.segmind.bodies import MAX_BODY_BYTES
from tests.chat.segmind.wire import ACCOUNTING, ANTHROPIC, HELLO, KEY, OPENAI, PAGE, REQUEST_ID, Wire, client

pytestmark = pytest.mark.asyncio
SAID = "Segmind says no"
ERROR = {"error": SAID}
SIGN_IN_ERROR = {"error": "invalid_token", "error_description": SAID, "status_code": 401}


async def complete(answer: httpx.Response | Exception) -> Completion:
    return await client(answer).complete(key=KEY, request=HELLO)


async def error_of(answer: httpx.Response | Exception, method: str = "complete") -> SegmindError:
    with pytest.raises(SegmindError) as caught:
        await getattr(client(answer), method)(key=KEY, request=HELLO)
    return caught.value


async def test_an_answer_comes_with_its_accounting() -> None:
    assert await complete(httpx.Response(200, json=ANTHROPIC, headers=ACCOUNTING)) == Completion(
        text="Hi!",
        stop_reason="end_turn",
        input_tokens=56,
        output_tokens=31,
        cost=Decimal("0.0006"),
        remaining_credits=Decimal("24.5"),
        request_id=REQUEST_ID,
        generation_seconds=1.25,
        provider="anthropic",
    )


async def test_odd_accounting_is_not_known() -> None:
    odd = {"x-cost": "NaN", "x-remaining-credits": "-1", "x-request-id": "../etc", "x-generation-time": "soon"}
    seen = await complete(httpx.Response(200, json=OPENAI, headers=odd))
    assert (seen.cost, seen.remaining_credits, seen.request_id, seen.generation_seconds) == (None, None, "", None)


async def test_headers_that_come_twice_are_not_known() -> None:
    twice = [("x-cost", "1"), ("X-Cost", "2")]
    assert (await complete(httpx.Response(200, json=OPENAI, headers=twice))).cost is None


async def test_the_content_type_of_an_answer_does_not_matter() -> None:
    answer = httpx.Response(200, content=json.dumps(OPENAI).encode(), headers={"content-type": "image/png"})
    assert (await complete(answer)).text == "Hi!"


async def test_what_can_not_be_stored_is_replaced() -> None:
    body = rb'{"content": [{"type": "text", "text": "a\u0000b\ud83dc' + b'\xff"}], "stop_reason": "\\u0000"}'
    seen = await complete(httpx.Response(200, content=body))
    assert (seen.text, seen.stop_reason) == ("a\ufffdb\ufffdc\ufffd", "\ufffd")


@pytest.mark.parametrize("fault", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
@pytest.mark.parametrize("method", ["complete", "submit"])
async def test_when_no_byte_was_sent_it_may_go_out_again(method: str, fault: type[httpx.HTTPError]) -> None:
    error = await error_of(fault("no way"), method)
    assert (type(error), error.kind, error.billed, error.status) == (NotAccepted, "unreachable", Billed.NO, None)
    assert (error.detail, error.raw) == ("", f"{fault.__name__}: no way")


LOST = [
    httpx.WriteError("x"),
    httpx.WriteTimeout("x"),
    httpx.ReadError("x"),
    httpx.ReadTimeout("x"),
    httpx.CloseError("x"),
    httpx.RemoteProtocolError("x"),
    httpx.LocalProtocolError("x"),
    httpx.DecodingError("x"),
    TimeoutError("x"),
    OSError("x"),
    RuntimeError("x"),
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("method", ["complete", "submit"])
async def test_when_the_answer_was_lost_nobody_knows(method: str, fault: Exception) -> None:
    error = await error_of(fault, method)
    assert (type(error), error.kind, error.billed) == (OutcomeUnknown, "upstream", Billed.UNKNOWN)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "request"),
        (401, "key"),
        (402, "credits"),
        (403, "forbidden"),
        (404, "model"),
        (405, "request"),
        (406, "credits"),
        (409, "request"),
        (410, "model"),
        (413, "request"),
        (422, "refused"),
    ],
)
@pytest.mark.parametrize("body", [ERROR, SIGN_IN_ERROR], ids=["error", "sign-in"])
@pytest.mark.parametrize("method", ["complete", "submit"])
async def test_a_refusal_in_segminds_json_is_not_billed(method: str, body: Any, status: int, kind: str) -> None:
    error = await error_of(httpx.Response(status, json=body, headers=ACCOUNTING), method)
    assert (type(error), error.kind, error.billed) == (Refused, kind, Billed.NO)
    assert (error.status, error.detail, error.request_id) == (status, SAID, REQUEST_ID)
    assert (error.remaining_credits, error.may_retry_once) == (Decimal("24.5"), False)


async def test_the_page_of_a_405_is_a_defect_of_ours() -> None:
    error = await error_of(httpx.Response(405, html="<h1>405 Not Allowed</h1>"))
    assert (type(error), error.kind, error.billed, error.detail) == (Refused, "request", Billed.NO, "")
    assert "405 Not Allowed" in error.raw


@pytest.mark.parametrize(
    "answer", [httpx.Response(429, json=ERROR), httpx.Response(429, html=PAGE), httpx.Response(429)]
)
async def test_a_429_may_go_out_again(answer: httpx.Response) -> None:
    error = await error_of(answer)
    assert (type(error), error.kind, error.billed, error.retry_at) == (NotAccepted, "rate", Billed.NO, None)


async def test_a_429_says_when() -> None:
    headers = {"x-rate-limit-reset-at-utc": "2026-11-21T11:30:05Z"}
    error = await error_of(httpx.Response(429, json=ERROR, headers=headers))
    assert error.retry_at is not None
    assert error.retry_at.isoformat() == "2026-11-21T11:30:05+00:00"


async def test_a_500_in_segminds_json_may_be_tried_once_more() -> None:
    error = await error_of(httpx.Response(500, json=ERROR))
    assert (type(error), error.kind, error.billed) == (Refused, "upstream", Billed.NO)
    assert error.may_retry_once


MACHINES_IN_BETWEEN = [
    *[httpx.Response(status, json=ERROR) for status in (302, 501, 502, 503, 504, 520)],
    *[httpx.Response(status, html=PAGE) for status in (101, 301, 400, 401, 403, 404, 406, 422, 500, 502, 503, 504)],
    *[httpx.Response(status, content=b"") for status in (304, 400, 404, 500, 502)],
    httpx.Response(500, json=["no"]),
    httpx.Response(403, json={"message": "Forbidden"}),
    httpx.Response(307, headers={"location": "https://elsewhere.test/"}),
    httpx.Response(301, headers={"location": "http://["}),
]


@pytest.mark.parametrize("answer", MACHINES_IN_BETWEEN, ids=lambda answer: f"{answer.status_code}")
@pytest.mark.parametrize("method", ["complete", "submit"])
async def test_when_a_machine_in_between_spoke_it_may_be_billed(method: str, answer: httpx.Response) -> None:
    error = await error_of(answer, method)
    assert isinstance(error, (UnusableAnswer, OutcomeUnknown))
    assert (error.kind, error.billed, error.may_retry_once) == ("upstream", Billed.UNKNOWN, False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    wire = Wire(httpx.Response(status, headers={"location": "https://segmind.test/elsewhere"}))
    with pytest.raises(UnusableAnswer):
        await wire.client().complete(key=KEY, request=HELLO)
    assert len(wire.calls) == 1


UNUSABLE = [b"", b"OK", b"{", b"[]", b"{}", b"null", b'"Hi!"', PAGE.encode(), b"[" * 100_000, b'{"error": "no"}']


@pytest.mark.parametrize("body", UNUSABLE, ids=lambda body: repr(body[:12]))
async def test_a_200_that_nobody_can_use_was_billed(body: bytes) -> None:
    error = await error_of(httpx.Response(200, content=body, headers=ACCOUNTING))
    assert (type(error), error.kind, error.billed) == (UnusableAnswer, "upstream", Billed.YES)
    assert (error.cost, error.request_id) == (Decimal("0.0006"), REQUEST_ID)
    assert error.raw == body.decode()[: 64 * 1024]


async def test_an_answer_beyond_the_cap_is_refused_whatever_it_begins_with() -> None:
    for method in ("complete", "submit"):
        body = json.dumps(OPENAI | {"request_id": REQUEST_ID}).encode() + b" " * MAX_BODY_BYTES
        assert type(await error_of(httpx.Response(200, content=body), method)) is UnusableAnswer


async def test_a_submission_is_known_by_its_id_alone() -> None:
    elsewhere = "https://elsewhere.test/v2/requests/1"
    body = {"request_id": REQUEST_ID, "status": "QUEUED", "status_url": elsewhere, "response_url": elsewhere}
    wire = Wire(httpx.Response(200, json=body))
    assert await wire.client().submit(key=KEY, request=HELLO) == Submission(REQUEST_ID)
    assert [str(call.url) for call in wire.calls] == ["https://segmind.test/v2/claude-3-haiku"]


@pytest.mark.parametrize(
    "request_id", [None, "", 7, "..", "a/b", "a?b", "a b", "a\n", "é", "-a", "a" * 129, ["a"], KEY.reveal()]
)
async def test_a_submission_without_a_good_id_may_be_billed(request_id: Any) -> None:
    error = await error_of(httpx.Response(200, json={"request_id": request_id}), "submit")
    assert (type(error), error.billed, error.request_id) == (UnusableAnswer, Billed.UNKNOWN, "")


async def test_no_cookie_is_kept() -> None:
    wire = Wire(httpx.Response(200, json=OPENAI, headers={"set-cookie": "a=b; Path=/"}))
    talker = wire.client()
    for _ in range(2):
        await talker.complete(key=KEY, request=HELLO)
    assert ["cookie" in call.headers for call in wire.calls] == [False, False]
    assert not talker._http.cookies
