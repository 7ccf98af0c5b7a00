"""From the bytes of a body to clean JSON values, whatever the bytes are."""

import json
import re
import zlib
from collections.abc import AsyncIterable
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_BODY_BYTES = 8 * 1024 * 1024
REPLACEMENT = "\ufffd"
SURROGATES = re.compile(r"[\ud800-\udfff]")
# Python refuses to read integers of more than 4,300 digits, which would spoil the whole body.
LONGEST_INTEGER = 20
# zlib's window bits for "gzip or zlib, see the header".
GZIP_OR_ZLIB = 47


async def read_capped(chunks: AsyncIterable[bytes]) -> tuple[bytes, bool]:
    """The body as it was sent, and whether that is all of it: reading ends at MAX_BODY_BYTES."""
    parts, size = [], 0
    async for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            return b"".join(parts)[:MAX_BODY_BYTES], False
    return b"".join(parts), True


def decoded(body: bytes, encoding: str) -> tuple[bytes, bool]:
    """The body without its content encoding, and whether it could be undone within MAX_BODY_BYTES.

    We ask for none; gzip and deflate are undone all the same, since an answer in them may have been paid for.
    """
    if encoding in ("", "identity"):
        return body, True
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return b"", False
    inflater = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        plain = inflater.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        return b"", False
    return plain[:MAX_BODY_BYTES], inflater.eof and len(plain) <= MAX_BODY_BYTES


def parsed(body: bytes) -> Any:
    """The JSON value in a body. Raises ValueError if it is none, or nested too deep. Invalid UTF-8 becomes U+FFFD."""
    return parsed_text(body.decode("utf-8", "replace").removeprefix("\ufeff"))


def parsed_text(text: str) -> Any:
    """The JSON value in a text, exact numbers as Decimal, NaN and infinities as None. Raises ValueError."""
    try:
        return DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def clean(text: str) -> str:
    """`text` as PostgreSQL and UTF-8 can hold it: NUL and lone surrogates become U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return SURROGATES.sub(REPLACEMENT, text)
    return text


def exact(number: str) -> Decimal | None:
    try:
        return Decimal(number)
    except InvalidOperation:
        return None


def integer(number: str) -> int | None:
    return int(number) if len(number) <= LONGEST_INTEGER else None


def nothing(_constant: str) -> None:
    """NaN and infinities, which Python's json takes for numbers."""


DECODER = json.JSONDecoder(parse_float=exact, parse_int=integer, parse_constant=nothing, strict=False)
