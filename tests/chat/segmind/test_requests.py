import base64
import json
import math
from functools import partial
from io import BytesIO
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from hypothesis import given
from hypothesis import strategies as st

from chat.segmind import Billed, ChatRequest, Image, OutcomeUnknown, Refused, Turn, WireFormat
from chat.segmind.requests import PIECE_BYTES, Body, body_of
from tests.chat.segmind.wire import ANTHROPIC, HELLO, KEY, KEY_TEXT, Wire

PNG = b"\x89PNG"
PIXEL = Image("image/png", len(PNG), partial(BytesIO, PNG))
PIXEL_BASE64 = base64.b64encode(PNG).decode()
TURNS = (Turn("user", "hello"), Turn("assistant", "Hi!"), Turn("user", "what is this?", (PIXEL, PIXEL)))
TEXTS = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "Hi!"}]
SAFE_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def body(wire_format: WireFormat, *turns: Turn, **more: Any) -> Any:
    return json.loads(bytes_of(body_of(ChatRequest("m", wire_format, turns, **more))))


def bytes_of(body: bytes | Body) -> bytes:
    if isinstance(body, bytes):
        return body
    sent = async_to_sync(gathered)(body)
    assert len(sent) == body.length
    return sent


async def gathered(body: Body) -> bytes:
    return b"".join([piece async for piece in body])


def test_anthropic_has_an_instruction_and_base64_images() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL_BASE64}}
    assert body(WireFormat.ANTHROPIC, *TURNS, instruction="Be brief.", temperature=0.5) == {
        "instruction": "Be brief.",
        "temperature": 0.5,
        "messages": [
            *TEXTS,
            {"role": "user", "content": [image, image, {"type": "text", "text": "what is this?"}]},
        ],
    }


def test_openai_has_a_system_message_and_data_urls() -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL_BASE64}"}}
    assert body(WireFormat.OPENAI, *TURNS, instruction="Be brief.", temperature=0) == {
        "temperature": 0,
        "messages": [
            {"role": "system", "content": "Be brief."},
            *TEXTS,
            {"role": "user", "content": [image, image, {"type": "text", "text": "what is this?"}]},
        ],
    }


@pytest.mark.parametrize("wire_format", [WireFormat.ANTHROPIC, WireFormat.OPENAI])
def test_what_is_not_set_is_not_sent(wire_format: WireFormat) -> None:
    assert body(wire_format, TURNS[0]) == {"messages": TEXTS[:1]}


def test_an_image_alone_has_no_empty_text_beside_it() -> None:
    (message,) = body(WireFormat.ANTHROPIC, Turn("user", "", (PIXEL,)))["messages"]
    assert [part["type"] for part in message["content"]] == ["image"]


@given(SAFE_TEXT, SAFE_TEXT.filter(bool))
def test_texts_arrive_as_they_were_written(text: str, instruction: str) -> None:
    for wire_format in (WireFormat.ANTHROPIC, WireFormat.OPENAI):
        sent = body(wire_format, Turn("user", text), instruction=instruction)
        assert sent["messages"][-1]["content"] == text
        assert instruction in (sent.get("instruction"), sent["messages"][0]["content"])


@given(st.lists(st.integers(1, 2 * PIECE_BYTES + 5), min_size=1, max_size=4), SAFE_TEXT)
def test_images_of_any_size_arrive_byte_by_byte_and_as_long_as_was_said(sizes: list[int], text: str) -> None:
    contents = [bytes(index % 251 for index in range(size)) for size in sizes]
    images = tuple(Image("image/jpeg", len(content), partial(BytesIO, content)) for content in contents)
    for wire_format in (WireFormat.ANTHROPIC, WireFormat.OPENAI):
        (message,) = body(wire_format, Turn("user", text, images))["messages"]
        parts = [part for part in message["content"] if part["type"] != "text"]
        data = [part["source"]["data"] if "source" in part else part["image_url"]["url"] for part in parts]
        assert [base64.b64decode(each.rpartition(",")[2]) for each in data] == contents


def broken(error: Exception) -> Image:
    def refuse() -> BytesIO:
        raise error

    return Image("image/png", 4, refuse)


@pytest.mark.asyncio
async def test_an_image_that_is_gone_is_noticed_before_anything_is_sent() -> None:
    wire = Wire(httpx.Response(200, json=ANTHROPIC))
    request = ChatRequest("m", WireFormat.OPENAI, (Turn("user", "see", (PIXEL, broken(FileNotFoundError()))),))
    with pytest.raises(Refused) as caught:
        await wire.client().complete(key=KEY, request=request)
    assert (caught.value.kind, caught.value.billed) == ("request", Billed.NO)
    assert wire.calls == []


@pytest.mark.asyncio
async def test_an_image_that_is_cut_short_meanwhile_is_not_sent_as_whole() -> None:
    wire = Wire(httpx.Response(200, json=ANTHROPIC))
    request = ChatRequest("m", WireFormat.OPENAI, (Turn("user", "see", (Image("image/png", 9, PIXEL.open),)),))
    with pytest.raises(OutcomeUnknown):
        await wire.client().complete(key=KEY, request=request)


def test_nul_and_lone_surrogates_are_replaced() -> None:
    sent = body(WireFormat.OPENAI, Turn("user", "a\0b\ud83dc"), instruction="\udc00")
    assert [message["content"] for message in sent["messages"]] == ["\ufffd", "a\ufffdb\ufffdc"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (ChatRequest("gemini-2.5-pro", WireFormat.GEMINI, TURNS), "model"),
        (ChatRequest("m", WireFormat.OPENAI, TURNS, temperature=math.nan), "request"),
        (ChatRequest("m", WireFormat.OPENAI, TURNS, temperature=math.inf), "request"),
        (ChatRequest("../v1/m", WireFormat.OPENAI, TURNS), "model"),
        (ChatRequest("m?x", WireFormat.OPENAI, TURNS), "model"),
        (ChatRequest("..", WireFormat.OPENAI, TURNS), "model"),
        (ChatRequest("m\n", WireFormat.OPENAI, TURNS), "model"),
        (ChatRequest("", WireFormat.OPENAI, TURNS), "model"),
    ],
)
async def test_what_cannot_be_asked_rightly_is_not_sent(request_: ChatRequest, kind: str) -> None:
    wire = Wire(httpx.Response(200, json=ANTHROPIC))
    with pytest.raises(Refused) as caught:
        await wire.client().complete(key=KEY, request=request_)
    assert (caught.value.kind, caught.value.billed, caught.value.may_retry_once) == (kind, Billed.NO, False)
    assert caught.value.detail != ""
    assert wire.calls == []


@pytest.mark.asyncio
@pytest.mark.parametrize("slug", ["claude-3-haiku", "claude-3.5-sonnet", "gpt-5.4-nano", "o3", "kimi-k2-instruct-0905"])
async def test_the_post_goes_to_the_model_with_key_and_type(slug: str) -> None:
    wire = Wire(httpx.Response(200, json=ANTHROPIC))
    await wire.client().complete(key=KEY, request=ChatRequest(slug, WireFormat.ANTHROPIC, TURNS))
    (call,) = wire.calls
    assert (call.method, str(call.url)) == ("POST", f"https://segmind.test/v1/{slug}")
    assert dict(call.headers) == {
        "host": "segmind.test",
        "x-api-key": KEY_TEXT,
        "content-type": "application/json",
        "content-length": str(len(call.content)),
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "parley/1.2",
        "connection": "keep-alive",
    }


def test_prompts_stay_out_of_reprs() -> None:
    request = ChatRequest("m", WireFormat.OPENAI, (Turn("user", "s3cret"),), instruction="s3cret too")
    assert "s3cret" not in repr(request)
    assert "s3cret" not in repr(request.turns[0])
    assert "PNG" not in repr(PIXEL)
    assert "hello" not in repr(HELLO)
