"""Asking after a v2 request. A GET is free, so whatever goes wrong with one may be asked again; what the request itself
has cost is another matter.
"""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from chat.segmind import Billed, Completion, Expired, NotAccepted, Progress, Refused, SegmindError, UnusableAnswer
from tests.chat.segmind.wire import ANTHROPIC, GEMINI, KEY, KEY_TEXT, OPENAI, PAGE, REQUEST_ID, Wire, client, result

pytestmark = pytest.mark.asyncio
METHODS = ["progress", "result"]
ERROR = {"error": "Segmind says no"}
FAILED = {
    "status": "FAILED",
    "request_id": REQUEST_ID,
    "error": "blocked: unsafe",
    "metrics": {"cost": 0, "remaining_credits": 20.5},
}


async def error_of(answer: httpx.Response | Exception, method: str) -> SegmindError:
    with pytest.raises(SegmindError) as caught:
        await getattr(client(answer), method)(key=KEY, request_id=REQUEST_ID)
    return caught.value


@pytest.mark.parametrize(
    ("status", "state"),
    [("QUEUED", "queued"), ("PROCESSING", "processing"), ("COMPLETED", "completed"), ("completed", "completed")],
)
async def test_progress_has_three_states(status: str, state: Any) -> None:
    wire = Wire(httpx.Response(200, json={"status": status, "request_id": REQUEST_ID, "metrics": {}}))
    assert await wire.client().progress(key=KEY, request_id=REQUEST_ID) == Progress(state)
    (call,) = wire.calls
    assert (call.method, str(call.url)) == ("GET", f"https://segmind.test/v2/requests/{REQUEST_ID}/status")
    assert call.headers["x-api-key"] == KEY_TEXT
    assert "content-type" not in call.headers


@pytest.mark.parametrize("answer", [ANTHROPIC, OPENAI, GEMINI], ids=["anthropic", "openai", "gemini"])
@pytest.mark.parametrize("form", [json.dumps, dict])
async def test_a_result_comes_with_its_accounting(form: Any, answer: dict[str, Any]) -> None:
    wire = Wire(httpx.Response(200, json=result(form(answer))))
    seen = await wire.client().result(key=KEY, request_id=REQUEST_ID)
    stop_reason = {"anthropic": "end_turn", "openai": "stop", "gemini": "STOP"}
    assert seen == Completion(
        text="Hi!",
        stop_reason=seen.stop_reason,
        input_tokens=56,
        output_tokens=31,
        cost=Decimal("0.002"),
        remaining_credits=Decimal("20.5"),
        request_id=REQUEST_ID,
        generation_seconds=1.25,
        provider=seen.provider,
    )
    assert seen.stop_reason in stop_reason.values()
    assert [str(call.url) for call in wire.calls] == [f"https://segmind.test/v2/requests/{REQUEST_ID}"]


async def test_a_result_with_the_providers_keys_at_the_top() -> None:
    body = {"status": "COMPLETED", "request_id": REQUEST_ID} | ANTHROPIC
    seen = await client(httpx.Response(200, json=body)).result(key=KEY, request_id=REQUEST_ID)
    assert (seen.text, seen.cost, seen.remaining_credits) == ("Hi!", None, None)


@pytest.mark.parametrize("metrics", [None, [], {}, {"cost": "0.002", "remaining_credits": True, "inference_time": -1}])
async def test_odd_metrics_are_not_known(metrics: Any) -> None:
    answer = httpx.Response(200, json=result("Hi!", metrics=metrics))
    seen = await client(answer).result(key=KEY, request_id=REQUEST_ID)
    assert (seen.cost, seen.remaining_credits, seen.generation_seconds) == (None, None, None)


@pytest.mark.parametrize("status", [422, 200, 400])
@pytest.mark.parametrize("method", METHODS)
async def test_a_failed_request_is_refused_and_costs_nothing(method: str, status: int) -> None:
    error = await error_of(httpx.Response(status, json=FAILED), method)
    assert (type(error), error.kind, error.billed) == (Refused, "refused", Billed.NO)
    assert (error.detail, error.remaining_credits, error.request_id) == ("blocked: unsafe", Decimal("20.5"), REQUEST_ID)


@pytest.mark.parametrize("method", METHODS)
async def test_a_422_without_a_state_failed_as_well(method: str) -> None:
    error = await error_of(httpx.Response(422, json=ERROR), method)
    assert (type(error), error.kind, error.billed) == (Refused, "refused", Billed.NO)


@pytest.mark.parametrize("method", METHODS)
async def test_a_404_is_an_expired_request(method: str) -> None:
    error = await error_of(httpx.Response(404, json=ERROR), method)
    assert (type(error), error.kind, error.billed) == (Expired, "upstream", Billed.UNKNOWN)
    assert (error.status, error.request_id) == (404, REQUEST_ID)


FREE_FAULTS = [
    *[fault("x") for fault in (httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError)],
    TimeoutError("x"),
]
PASSING = [
    *[httpx.Response(status, json=ERROR) for status in (301, 500, 502, 503, 504)],
    *[httpx.Response(status, html=PAGE) for status in (200, 400, 403, 404, 422, 500, 502)],
    *[httpx.Response(status, content=b"") for status in (200, 404, 500)],
]


@pytest.mark.parametrize("fault", FREE_FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("method", METHODS)
async def test_after_a_fault_on_the_way_it_is_asked_again(method: str, fault: Exception) -> None:
    error = await error_of(fault, method)
    assert (type(error), error.kind, error.billed) == (NotAccepted, "unreachable", Billed.UNKNOWN)
    assert error.request_id == REQUEST_ID


@pytest.mark.parametrize("answer", PASSING, ids=lambda answer: str(answer.status_code))
@pytest.mark.parametrize("method", METHODS)
async def test_when_a_machine_in_between_spoke_it_is_asked_again(method: str, answer: httpx.Response) -> None:
    error = await error_of(answer, method)
    assert (type(error), error.kind, error.billed) == (NotAccepted, "upstream", Billed.UNKNOWN)


@pytest.mark.parametrize("method", METHODS)
async def test_a_429_is_asked_again_later(method: str) -> None:
    headers = {"x-rate-limit-reset-at-utc": "1795260605"}
    error = await error_of(httpx.Response(429, json=ERROR, headers=headers), method)
    assert (type(error), error.kind, error.billed) == (NotAccepted, "rate", Billed.UNKNOWN)
    assert error.retry_at is not None


@pytest.mark.parametrize(("status", "kind"), [(400, "request"), (401, "key"), (403, "forbidden"), (406, "credits")])
@pytest.mark.parametrize("method", METHODS)
async def test_a_refused_question_says_nothing_about_the_cost(method: str, status: int, kind: str) -> None:
    error = await error_of(httpx.Response(status, json=ERROR), method)
    assert (type(error), error.kind, error.billed) == (Refused, kind, Billed.UNKNOWN)


@pytest.mark.parametrize("body", [{}, {"status": "RESTING"}, {"status": 7}, {"request_id": REQUEST_ID}])
async def test_a_state_nobody_knows_is_asked_again(body: Any) -> None:
    error = await error_of(httpx.Response(200, json=body), "progress")
    assert (type(error), error.billed) == (NotAccepted, Billed.UNKNOWN)


@pytest.mark.parametrize("content", [b"OK", b"{", b"[]", b"[" * 100_000])
async def test_progress_nobody_can_read_is_asked_again(content: bytes) -> None:
    assert type(await error_of(httpx.Response(200, content=content), "progress")) is NotAccepted


@pytest.mark.parametrize("status", ["QUEUED", "PROCESSING"])
async def test_a_result_that_is_not_there_yet_is_asked_again(status: str) -> None:
    error = await error_of(httpx.Response(200, json={"status": status, "request_id": REQUEST_ID}), "result")
    assert (type(error), error.billed) == (NotAccepted, Billed.UNKNOWN)


@pytest.mark.parametrize(
    "body", [b"OK", b"{", b"[]", b"{}", b"[" * 100_000, json.dumps(result(None)).encode(), b'{"error": "no"}']
)
async def test_a_result_nobody_can_use_was_billed(body: bytes) -> None:
    error = await error_of(httpx.Response(200, content=body), "result")
    assert (type(error), error.kind, error.billed) == (UnusableAnswer, "upstream", Billed.YES)
    assert (error.request_id, error.raw) == (REQUEST_ID, body.decode()[: 64 * 1024])


async def test_the_cost_of_an_unusable_result_is_known() -> None:
    error = await error_of(httpx.Response(200, json=result(["no"])), "result")
    assert (error.cost, error.remaining_credits) == (Decimal("0.002"), Decimal("20.5"))


@pytest.mark.parametrize("method", METHODS)
async def test_an_answer_about_another_request_is_not_taken(method: str) -> None:
    error = await error_of(httpx.Response(200, json=result("not yours", request_id="another")), method)
    assert (type(error), error.kind, error.request_id) == (NotAccepted, "upstream", REQUEST_ID)
    upper = httpx.Response(200, json=result("yours", request_id=REQUEST_ID.upper()))
    assert (await client(upper).result(key=KEY, request_id=REQUEST_ID)).text == "yours"


@pytest.mark.parametrize("request_id", ["", "..", "../x", "a/b", "a?b", "a%2fb", "a\n", "é", "a" * 129])
@pytest.mark.parametrize("method", METHODS)
async def test_no_path_is_made_of_an_odd_id(method: str, request_id: str) -> None:
    wire = Wire(httpx.Response(200, json=result("Hi!")))
    with pytest.raises(SegmindError):
        await getattr(wire.client(), method)(key=KEY, request_id=request_id)
    assert wire.calls == []
