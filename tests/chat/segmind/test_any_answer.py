"""Whatever comes over the wire, the caller gets a value or a SegmindError."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.segmind import Balance, Billed, Completion, Progress, SegmindError, Submission
from tests.chat.segmind.test_providers import json_values, look_alikes, names
from tests.chat.segmind.test_secrecy import METHODS
from tests.chat.segmind.wire import KEY, client

pytestmark = pytest.mark.asyncio
VALUES = {"complete": Completion, "submit": Submission, "progress": Progress, "result": Completion, "balance": Balance}
methods = st.sampled_from(list(METHODS))
statuses = st.sampled_from([200, 201, 204, 302, 400, 401, 404, 405, 406, 410, 418, 422, 429, 500, 502, 503, 599])
header_values = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=30)
odd_headers = st.dictionaries(
    st.sampled_from(
        [
            "x-cost",
            "x-remaining-credits",
            "x-request-id",
            "x-generation-time",
            "x-rate-limit-reset-at-utc",
            "content-type",
        ]
    ),
    header_values | st.floats().map(str) | st.datetimes().map(str),
)
fields = st.sampled_from(["status", "request_id", "error", "error_description", "metrics", "credits", "free-credits"])


async def outcome(method: str, answer: httpx.Response) -> Any:
    try:
        return await getattr(client(answer), method)(key=KEY, **METHODS[method])
    except SegmindError as error:
        return error


def check(method: str, status: int, seen: Any) -> None:
    if not isinstance(seen, SegmindError):
        assert isinstance(seen, VALUES[method])
        assert 200 <= status < 300
        return
    assert seen.status == status
    assert len(seen.detail) <= 2_000
    assert len(seen.raw.encode()) <= 64 * 1024
    assert "\0" not in seen.detail + seen.raw
    if method in ("complete", "submit") and not 400 <= status <= 500:
        assert seen.billed != Billed.NO


@given(methods, statuses, st.binary(), odd_headers)
async def test_any_bytes(method: str, status: int, body: bytes, headers: dict[str, str]) -> None:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = httpx.Response(status, content=body, headers=pairs)
    check(method, status, await outcome(method, answer))


@given(methods, statuses, st.dictionaries(names | fields, look_alikes) | json_values)
async def test_any_json(method: str, status: int, body: Any) -> None:
    answer = httpx.Response(status, content=json.dumps(body).encode())
    check(method, status, await outcome(method, answer))


@given(methods, st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "x"]), st.binary())
async def test_any_bytes_in_any_encoding(method: str, encoding: str, body: bytes) -> None:
    answer = httpx.Response(200, stream=httpx.ByteStream(body), headers={"content-encoding": encoding})
    check(method, 200, await outcome(method, answer))
