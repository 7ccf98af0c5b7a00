"""What is asked of a model, and the JSON that asks it."""

import base64
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

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


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, `media_type` as in "image/png". Segmind: fetching one fails on some hosts, so its bytes are sent."""

    media_type: str
    data: bytes = field(repr=False)


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


def path_of(request: ChatRequest) -> str:
    """The last part of the address. Raises Refused for a slug that is none."""
    if not SLUG.fullmatch(request.slug):
        raise Refused(kind="model", detail="The name of this model can't be a part of an address.")
    return request.slug


def body_of(request: ChatRequest) -> bytes:
    """The JSON to post. Raises Refused where no correct request can be made."""
    if request.temperature is not None and not math.isfinite(request.temperature):
        raise Refused(kind="request", detail="The temperature is not a number.")
    if request.wire_format == WireFormat.ANTHROPIC:
        body = anthropic(request)
    elif request.wire_format == WireFormat.OPENAI:
        body = openai(request)
    else:
        # Segmind: the request format of these models is to be checked on their pages first.
        raise Refused(kind="model", detail="Requests in Gemini's format are not supported yet.")
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return ENCODER.encode(body).encode()


def anthropic(request: ChatRequest) -> dict[str, Any]:
    """Segmind: the system text is a field of its own, `instruction`."""
    messages = [message(turn, image=anthropic_image) for turn in request.turns]
    instruction = {"instruction": clean(request.instruction)} if request.instruction else {}
    return {**instruction, "messages": messages}


def openai(request: ChatRequest) -> dict[str, Any]:
    """The system text is the first message, with a role of its own."""
    messages = [message(turn, image=openai_image) for turn in request.turns]
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


def anthropic_image(image: Image) -> dict[str, Any]:
    source = {"type": "base64", "media_type": image.media_type, "data": base64.b64encode(image.data).decode()}
    return {"type": "image", "source": source}


def openai_image(image: Image) -> dict[str, Any]:
    url = f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}
