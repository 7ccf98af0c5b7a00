import contextlib
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.segmind.bodies import MAX_BODY_BYTES, clean, decoded, parsed, read_capped


async def chunks(size: int, times: int) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield b"x" * size


@pytest.mark.asyncio
async def test_reading_ends_at_the_cap() -> None:
    taken = []

    async def far_too_much() -> AsyncIterator[bytes]:
        for _ in range(30):
            taken.append(1)
            yield b"x" * 1_000_000

    assert await read_capped(far_too_much()) == (b"x" * MAX_BODY_BYTES, False)
    assert len(taken) == 9


@pytest.mark.asyncio
async def test_a_body_of_just_the_cap_is_whole() -> None:
    body, is_whole = await read_capped(chunks(MAX_BODY_BYTES // 8, 8))
    assert (len(body), is_whole) == (MAX_BODY_BYTES, True)


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_a_plain_body_stays(encoding: str) -> None:
    assert decoded(b"\x1f\x8b", encoding) == (b"\x1f\x8b", True)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"{}", mtime=0)),
        ("x-gzip", gzip.compress(b"{}", mtime=0)),
        ("deflate", zlib.compress(b"{}")),
    ],
)
def test_a_compressed_body_is_undone_though_nobody_asked_for_it(encoding: str, body: bytes) -> None:
    assert decoded(body, encoding) == (b"{}", True)


def test_a_bomb_is_inflated_no_further_than_the_cap() -> None:
    bomb = gzip.compress(b"0" * (MAX_BODY_BYTES * 8), mtime=0)
    body, is_whole = decoded(bomb, "gzip")
    assert (len(body), is_whole) == (MAX_BODY_BYTES, False)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"{}"),
        ("gzip, gzip", gzip.compress(b"{}", mtime=0)),
        ("gzip", b"{}"),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-4]),
        ("gzip", b""),
    ],
)
def test_what_cannot_be_undone_is_not_whole(encoding: str, body: bytes) -> None:
    assert decoded(body, encoding)[1] is False


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"output":['])
def test_depth_is_a_value_error(opening: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parsed((opening * 100_000).encode())
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": "\xff\xc3 \xed\xa0\x80"}', {"a": "\ufffd\ufffd \ufffd\ufffd\ufffd"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'{"a": NaN, "b": Infinity, "c": -Infinity}', {"a": None, "b": None, "c": None}),
        (b'{"a": 0.0184921035}', {"a": Decimal("0.0184921035")}),
        (b'{"a": "one\ntwo\x00"}', {"a": "one\ntwo\x00"}),
        (rb'{"a": "\ud83d\ude00 \ud83d"}', {"a": "😀 \ud83d"}),
        (b'{"a": ' + b"9" * 5000 + b"}", {"a": None}),
        (b'{"a": 1e99999999999999999999}', {"a": None}),
    ],
)
def test_odd_json_is_read(body: bytes, value: object) -> None:
    assert parsed(body) == value


@pytest.mark.parametrize("body", [b"", b"OK", b"{", b"{}{}", b"\xff\xfe{\x00}\x00", b"'a'"])
def test_what_is_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(body)


@given(st.binary())
def test_any_bytes_are_a_value_or_a_value_error(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        parsed(body)


@given(st.text(st.characters(categories=None)))
def test_a_clean_text_can_be_stored(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.encode().decode() == cleaned
    assert "\0" not in cleaned
    assert len(cleaned) == len(text)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_good_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text
    assert clean(parsed(json.dumps(text).encode())) == text
