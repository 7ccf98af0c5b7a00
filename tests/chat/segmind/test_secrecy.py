"""The key goes into one header, to one host, and nowhere else, whatever Segmind echoes and whatever breaks."""

import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.segmind import KeyValue, Refused, SegmindClient, SegmindError
from tests.chat.segmind.wire import HELLO, KEY, KEY_TEXT, OPENAI, REQUEST_ID, TIMEOUTS, Wire, client, result

METHODS: dict[str, dict[str, Any]] = {
    "complete": {"request": HELLO},
    "submit": {"request": HELLO},
    "progress": {"request_id": REQUEST_ID},
    "result": {"request_id": REQUEST_ID},
    "balance": {},
}
TESTS = str(Path(__file__).parent)
ECHO = f"your key {KEY_TEXT} or {KEY_TEXT[4:]} or {KEY_TEXT.upper()}"


def everything_about(error: SegmindError) -> str:
    """All that a log, an error page or a crash reporter could show, local variables included, the tests' own apart."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename.startswith(TESTS):
        frames = frames.tb_next
    assert frames is not None
    shown = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    fields = [repr(value) for value in vars(error).values()]
    return "".join(shown.format()) + str(error) + repr(error) + "".join(fields)


def is_hidden(text: str) -> bool:
    return KEY_TEXT[4:12] not in text.lower()


async def error_of(answer: httpx.Response | Exception, method: str) -> SegmindError:
    with pytest.raises(SegmindError) as caught:
        await getattr(client(answer), method)(key=KEY, **METHODS[method])
    return caught.value


@pytest.mark.asyncio
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 406, 422, 429, 500, 502])
@pytest.mark.parametrize("envelope", ["error", "error_description", "unknown"])
async def test_an_echo_of_the_key_is_masked(envelope: str, status: int, method: str) -> None:
    body = {"error": "no", "status": "FAILED", "request_id": KEY_TEXT, envelope: ECHO}
    answer = httpx.Response(status, json=body, headers={"x-request-id": KEY_TEXT, "x-cost": KEY_TEXT})
    assert is_hidden(everything_about(await error_of(answer, method)))


@pytest.mark.asyncio
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "fault",
    [httpx.ConnectError, httpx.ReadTimeout, httpx.LocalProtocolError, ValueError, RuntimeError],
    ids=lambda fault: fault.__name__,
)
async def test_a_fault_on_the_way_shows_no_key(fault: Callable[[str], Exception], method: str) -> None:
    error = await error_of(fault(ECHO), method)
    assert is_hidden(everything_about(error))
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.asyncio
async def test_a_key_at_the_cut_of_the_raw_body_is_masked() -> None:
    for start in range(64 * 1024 - 30, 64 * 1024 + 5):
        error = await error_of(httpx.Response(502, content=b"x" * start + KEY_TEXT.encode()), "complete")
        assert is_hidden(error.raw)


@pytest.mark.asyncio
@pytest.mark.parametrize("value", ["SG_1234567890\n", "SG_1234567890é", "SG_ 1234567890", ""])
async def test_a_key_that_no_header_can_carry_is_not_sent(value: str) -> None:
    wire = Wire(httpx.Response(200, json=OPENAI))
    with pytest.raises(Refused) as caught:
        await wire.client().complete(key=KeyValue(value), request=HELLO)
    assert (caught.value.kind, wire.calls) == ("key", [])
    assert "1234567890" not in everything_about(caught.value)


@pytest.mark.asyncio
async def test_an_answer_with_the_key_in_it_is_masked() -> None:
    echoing = {"choices": [{"message": {"content": ECHO}, "finish_reason": ECHO}]}
    for answer in (httpx.Response(200, json=echoing), httpx.Response(200, json=result(json.dumps(echoing)))):
        seen = await client(answer).complete(key=KEY, request=HELLO)
        assert is_hidden(seen.text + seen.stop_reason + repr(seen))


@pytest.mark.asyncio
async def test_no_log_has_the_key(caplog: pytest.LogCaptureFixture) -> None:
    for logger in ("httpx", "httpcore", "asyncio"):
        caplog.set_level(logging.DEBUG, logger)
    await client(httpx.Response(200, json=OPENAI)).complete(key=KEY, request=HELLO)
    assert "segmind.test" in caplog.text
    assert is_hidden(caplog.text)


@pytest.mark.asyncio
async def test_the_key_is_in_one_header_alone() -> None:
    for method, arguments in METHODS.items():
        wire = Wire(httpx.Response(500, json={"error": "no"}))
        with pytest.raises(SegmindError):
            await getattr(wire.client(), method)(key=KEY, **arguments)
        (call,) = wire.calls
        assert [name for name, value in call.headers.items() if KEY_TEXT in value] == ["x-api-key"]
        assert is_hidden(str(call.url) + call.content.decode())


def test_the_client_shows_nothing() -> None:
    assert is_hidden(repr(client(httpx.Response(200))) + repr(HELLO))


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "segmind.test",
        "ftp://segmind.test",
        "https://",
        "https://user:password@segmind.test",
        "https://segmind.test?x",
        "https://segmind.test#x",
        "https://segmind.test\n",
        "https://segmind.test/a b",
    ],
)
def test_keys_go_only_to_an_address(base_url: str) -> None:
    with pytest.raises(ValueError, match="address of Segmind"):
        SegmindClient(base_url=base_url, timeouts=TIMEOUTS, version="1")


@pytest.mark.asyncio
async def test_an_address_may_have_a_path_and_a_slash_at_its_end() -> None:
    called = []

    def note(request: httpx.Request) -> httpx.Response:
        called.append(str(request.url))
        return httpx.Response(200, json={"credits": 1})

    for base_url in ("https://segmind.test/proxy/", "http://127.0.0.1:8010", "http://[::1]:8010/"):
        talker = SegmindClient(base_url=base_url, timeouts=TIMEOUTS, version="1", transport=httpx.MockTransport(note))
        await talker.balance(KEY)
    assert called == [
        "https://segmind.test/proxy/v1/get-user-credits",
        "http://127.0.0.1:8010/v1/get-user-credits",
        "http://[::1]:8010/v1/get-user-credits",
    ]


@pytest.mark.asyncio
@given(st.sampled_from(list(METHODS)), st.integers(200, 599), st.binary(), st.binary())
async def test_whatever_comes_around_the_key_it_is_hidden(method: str, status: int, head: bytes, tail: bytes) -> None:
    answer = httpx.Response(status, content=head + ECHO.encode() + tail)
    try:
        seen: object = await getattr(client(answer), method)(key=KEY, **METHODS[method])
    except SegmindError as error:
        seen = everything_about(error)
    assert is_hidden(repr(seen))
