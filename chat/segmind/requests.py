"""What is asked of a model, and the JSON that asks it."""

import asyncio
import base64
import json
import math
import re
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import chain, zip_longest
from typing import Any, Literal, Protocol

from chat.segmind.bodies import clean
from chat.segmind.errors import Refused

# Segmind: `llama-v3p1-70b-instruct`, `claude-3.5-sonnet`. It becomes a part of a path.
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*", re.ASCII | re.IGNORECASE)
ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class WireFormat(StrEnum):
    """Whose format a model speaks."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    GEMINI = "gemini"


# Three bytes are four letters of base64, so that pieces of so many can stand one behind the other.
PIECE_BYTES = 3 * 16 * 1024


class Readable(Protocol):
    """An open file."""

    def read(self, size: int, /) -> bytes | None: ...

    def close(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, `media_type` as in "image/png". Segmind: fetching one fails on some hosts, so its bytes are sent.

    They are read, from what `open` gives, only while they are sent: replies that wait for their answers hold none.
    """

    media_type: str
    size: int  # in bytes
    open: Callable[[], Readable] = field(repr=False)

    @property
    def length(self) -> int:
        """In base64."""
        return -(-self.size // 3) * 4

    async def in_base64(self) -> AsyncIterator[bytes]:
        """Raises what `open` raises, and OSError if there are not `size` bytes."""
        file, left = await asyncio.to_thread(self.open), self.size
        try:
            while left > 0:
                piece = await asyncio.to_thread(file.read, min(PIECE_BYTES, left))
                if not piece or (len(piece) < left and len(piece) % 3):
                    raise OSError("an image is shorter than it was")
                left -= len(piece)
                yield base64.b64encode(piece)
        finally:
            await asyncio.to_thread(file.close)

    async def is_there(self) -> bool:
        try:
            file = await asyncio.to_thread(self.open)
        # Broad on purpose: every storage has faults of its own.
        except Exception:
            return False
        await asyncio.to_thread(file.close)
        return True


@dataclass(frozen=True, slots=True)
class Turn:
    role: Literal["user", "assistant"]
    text: str = field(repr=False)
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A conversation to go on with, oldest turn first; temperature None means the model's own."""

    slug: str
    wire_format: WireFormat
    turns: tuple[Turn, ...] = field(repr=False)
    instruction: str = field(default="", repr=False)
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON to post, images in base64 between its pieces. `length` is in bytes; iterating reads the images."""

    pieces: tuple[bytes | Image, ...]

    @property
    def length(self) -> int:
        return sum(piece.length if isinstance(piece, Image) else len(piece) for piece in self.pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Image):
                async for part in piece.in_base64():
                    yield part
            else:
                yield piece

    async def check(self) -> None:
        """To be asked before the first byte goes out. Raises Refused."""
        for piece in self.pieces:
            if isinstance(piece, Image) and not await piece.is_there():
                raise Refused(kind="request", detail="An image of this conversation can't be read any more.")


def path_of(request: ChatRequest) -> str:
    """The last part of the address. Raises Refused for a slug that is none."""
    if not SLUG.fullmatch(request.slug):
        raise Refused(kind="model", detail="The name of this model can't be a part of an address.")
    return request.slug


def body_of(request: ChatRequest) -> bytes | Body:
    """The JSON to post: a Body if there are images in it. Raises Refused where no correct request can be made."""
    images = [image for turn in request.turns for image in turn.images]
    if not images:
        return json_of(request, image_data="")
    # In the place of each image's data stands a word that is in no text.
    word = secrets.token_hex(16)
    between = json_of(request, image_data=word).split(word.encode())
    return Body(tuple(piece for piece in chain(*zip_longest(between, images)) if piece is not None))


def json_of(request: ChatRequest, *, image_data: str) -> bytes:
    if request.temperature is not None and not math.isfinite(request.temperature):
        raise Refused(kind="request", detail="The temperature is not a number.")
    if request.wire_format == WireFormat.ANTHROPIC:
        body = anthropic(request, image_data)
    elif request.wire_format == WireFormat.OPENAI:
        body = openai(request, image_data)
    else:
        # Segmind: the request format of these models is to be checked on their pages first.
        raise Refused(kind="model", detail="Requests in Gemini's format are not supported yet.")
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return ENCODER.encode(body).encode()


def anthropic(request: ChatRequest, image_data: str) -> dict[str, Any]:
    """Segmind: the system text is a field of its own, `instruction`."""
    messages = [message(turn, image=partial(anthropic_image, data=image_data)) for turn in request.turns]
    instruction = {"instruction": clean(request.instruction)} if request.instruction else {}
    return {**instruction, "messages": messages}


def openai(request: ChatRequest, image_data: str) -> dict[str, Any]:
    """The system text is the first message, with a role of its own."""
    messages = [message(turn, image=partial(openai_image, data=image_data)) for turn in request.turns]
    if request.instruction:
        messages.insert(0, {"role": "system", "content": clean(request.instruction)})
    return {"messages": messages}


def message(turn: Turn, *, image: Callable[[Image], dict[str, Any]]) -> dict[str, Any]:
    """`content` is a string, or a list of parts where there are images; an empty text is no part."""
    text = clean(turn.text)
    if not turn.images:
        return {"role": turn.role, "content": text}
    parts = [image(each) for each in turn.images]
    if text:
        parts.append({"type": "text", "text": text})
    return {"role": turn.role, "content": parts}


def anthropic_image(image: Image, *, data: str) -> dict[str, Any]:
    source = {"type": "base64", "media_type": image.media_type, "data": data}
    return {"type": "image", "source": source}


def openai_image(image: Image, *, data: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:{image.media_type};base64,{data}"}}
