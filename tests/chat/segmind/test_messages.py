"""What Segmind said with an error: told apart, made presentable, and cut to length."""

import json
from typing import Any

import httpx
import pytest

from chat.segmind import SegmindError
from tests.chat.segmind.wire import HELLO, KEY, client


async def error_of(answer: httpx.Response) -> SegmindError:
    with pytest.raises(SegmindError) as caught:
        await client(answer).complete(key=KEY, request=HELLO)
    return caught.value


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Insufficient credits", "credits"),
        ("Insufficient credits. Your balance is 0.01 and this request needs 0.02.", "credits"),
        ("Not enough credits", "credits"),
        ("You don't have enough credits for this request. Required: 2", "credits"),
        ("Your credit balance is too low", "credits"),
        ("Please add funds, your balance must be above zero", "credits"),
        ("Not Acceptable", "credits"),
        ("Team spend limit reached: the monthly limit of 50 credits is used up.", "spend-limit"),
        ("Spending limit exceeded", "spend-limit"),
        ("Your team's monthly cap of $50 has been reached", "spend-limit"),
        ("The budget of this team is used up; no credits were taken", "spend-limit"),
        ("Invalid value for parameter 'temperature': must be between 0 and 1", "request"),
        ("temperature exceeds the limit of 1", "request"),
        ("Invalid value for parameter 'credits'", "request"),
        ("messages[0].role is not allowed", "request"),
        ("Invalid content type", "request"),
        ("Content-Type must be application/json", "request"),
        ("Unsupported media type", "request"),
        ("This content type is not acceptable", "request"),
    ],
)
@pytest.mark.asyncio
async def test_a_406_is_told_apart_by_its_words(message: str, kind: str) -> None:
    for text in (message, message.upper()):
        assert (await error_of(httpx.Response(406, json={"error": text}))).kind == kind


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"error": "no"}, "no"),
        ({"error": "code", "error_description": "words", "status_code": 401}, "words"),
        ({"error": "code", "error_description": ""}, "code"),
        ({"error": "code", "error_description": 7}, "code"),
        ({"error": {"message": "nested", "type": "invalid_request_error"}}, "nested"),
        ({"error": {"code": 7}, "message": "beside"}, "beside"),
        ({"error": ["no"]}, ""),
        ({"error": 7, "detail": "beside"}, "beside"),
        ({"error": " a\0b\x1b[31m\ud800\r\nc\td "}, "a\ufffdb\ufffd[31m\ufffd\r\nc\td"),
        ({"error": "x" * 3000}, "x" * 2000),
        ({"error": "<b>no</b>"}, "<b>no</b>"),
    ],
)
@pytest.mark.asyncio
async def test_the_words_of_an_envelope_are_plain_text(body: Any, detail: str) -> None:
    assert (await error_of(httpx.Response(400, content=json.dumps(body)))).detail == detail


@pytest.mark.asyncio
async def test_the_raw_body_is_cut_to_64_kilobytes() -> None:
    for body in (b"x" * 70_000, b"\xff" * 70_000, "é".encode() * 40_000, b"\0" * 70_000):
        raw = (await error_of(httpx.Response(502, content=body))).raw
        assert 64 * 1024 - 3 < len(raw.encode()) <= 64 * 1024
        assert "\0" not in raw


@pytest.mark.asyncio
async def test_logs_get_the_facts_without_the_words() -> None:
    error = await error_of(
        httpx.Response(400, json={"error": "your prompt was s3cret"}, headers={"x-request-id": "r-1"})
    )
    assert str(error) == "request, status 400, billed no, request r-1"
    assert repr(error) == f"Refused({error})"
