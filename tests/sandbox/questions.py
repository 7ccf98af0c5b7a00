"""From a request's body to a question, strictly: what the contract does not allow is refused."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

from PIL import Image

from tests.sandbox.catalogue import Model, WireFormat
from tests.sandbox.faults import Faults, words_in
from tests.sandbox.refusals import bad_request, refuse

QUOTED_CHARACTERS = 2_000
LARGEST_IMAGE_BYTES = 10 * 1024 * 1024
IMAGE_TYPES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
CHARACTERS_PER_TOKEN = 4
TOKENS_PER_IMAGE = 1_200

COMMON_FIELDS = {"messages", "prompt", "max_tokens", "top_p", "stop", "response_format"}
FIELDS = {
    WireFormat.ANTHROPIC: COMMON_FIELDS | {"instruction"},
    WireFormat.OPENAI: COMMON_FIELDS,
    WireFormat.GEMINI: COMMON_FIELDS,
}
ROLES = {
    WireFormat.ANTHROPIC: {"user", "assistant"},
    WireFormat.OPENAI: {"system", "user", "assistant"},
    WireFormat.GEMINI: {"system", "user", "assistant"},
}


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, in bounded size: long texts are cut, images only counted.

    `turns` counts user and assistant messages; `digest` is `conversation_digest` of the whole; `faults` are the magic
    words of the last user message.
    """

    model: Model
    version: str
    prompt: str
    instruction: str
    temperature: float | None
    turns: int
    images: tuple[str, ...]
    input_tokens: int
    digest: str
    wants_json: bool
    faults: Faults


def conversation_digest(instruction: str, turns: list[tuple[str, str]]) -> str:
    """SHA-256, in hex, of the instruction and each (role, text), one a line: what two equal requests share."""
    lines = [f"instruction: {instruction}", *(f"{role}: {text}" for role, text in turns)]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def read_question(body: bytes, *, model: Model, version: str) -> Question:
    """Parse and check a body. Raises Refusal: 400 for a wrong shape, 406 for a value out of range."""
    fields = _fields_of(body, model)
    instruction = _text_field(fields, "instruction")
    temperature = _temperature(fields, model)
    messages = _messages(fields)
    images: list[str] = []
    turns = list(_turns(messages, model, images))
    _check_order([role for role, _ in turns], model)
    if turns[0][0] == "system":
        instruction, turns = turns[0][1], turns[1:]
    prompt = turns[-1][1]
    characters = len(instruction) + sum(len(text) for _, text in turns)
    return Question(
        model=model,
        version=version,
        prompt=prompt[:QUOTED_CHARACTERS],
        instruction=instruction[:QUOTED_CHARACTERS],
        temperature=temperature,
        turns=len(turns),
        images=tuple(images),
        input_tokens=characters // CHARACTERS_PER_TOKEN + TOKENS_PER_IMAGE * len(images) + 1,
        digest=conversation_digest(instruction, turns),
        wants_json="response_format" in fields,
        faults=words_in(prompt),
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _fields_of(body: bytes, model: Model) -> dict[str, Any]:
    try:
        fields = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise bad_request(f"Request body is not valid JSON: {problem}") from problem
    if not isinstance(fields, dict):
        raise bad_request("Request body must be a JSON object")
    allowed = FIELDS[model.wire_format]
    for name in fields:
        if name not in allowed and not (name == "temperature" and model.highest_temperature is not None):
            raise bad_request(f"Unknown parameter for {model.slug}: '{name}'")
    return fields


def _text_field(fields: dict[str, Any], name: str) -> str:
    text = fields.get(name, "")
    if not isinstance(text, str):
        raise bad_request(f"'{name}' must be a string")
    return text


def _temperature(fields: dict[str, Any], model: Model) -> float | None:
    if "temperature" not in fields or model.highest_temperature is None:
        return None
    temperature = fields["temperature"]
    if isinstance(temperature, bool) or not isinstance(temperature, int | float):
        raise bad_request("'temperature' must be a number")
    if not 0 <= temperature <= model.highest_temperature:
        reason = f"{temperature} is not between 0 and {model.highest_temperature:g}"
        raise refuse("value", parameter="temperature", reason=reason)
    return float(temperature)


def _messages(fields: dict[str, Any]) -> list[Any]:
    """The messages; Segmind: a flat `prompt` is honoured instead of them (the official SDK sends it)."""
    if "messages" in fields and "prompt" in fields:
        raise bad_request("Send either 'messages' or 'prompt', not both")
    if "prompt" in fields:
        return [{"role": "user", "content": fields["prompt"]}]
    messages = fields.get("messages")
    if not isinstance(messages, list) or not messages:
        raise bad_request("'messages' is required and must be a list with at least one message")
    return messages


def _turns(messages: list[Any], model: Model, images: list[str]) -> Iterator[tuple[str, str]]:
    for position, message in enumerate(messages):
        if not isinstance(message, dict) or message.keys() != {"role", "content"}:
            raise bad_request(f"messages[{position}] must be an object with 'role' and 'content' and nothing else")
        role = message["role"]
        if not isinstance(role, str) or role not in ROLES[model.wire_format]:
            allowed = ", ".join(sorted(ROLES[model.wire_format]))
            raise bad_request(f"messages[{position}].role must be one of: {allowed}")
        yield role, _content(message["content"], f"messages[{position}].content", role, model, images)


def _content(content: Any, where: str, role: str, model: Model, images: list[str]) -> str:
    if isinstance(content, list) and content:
        texts = [_part(part, f"{where}[{index}]", role, model, images) for index, part in enumerate(content)]
        return "\n".join(text for text in texts if text is not None)
    if not isinstance(content, str):
        raise bad_request(f"{where} must be a string or a list of parts")
    if not content.strip():
        raise bad_request(f"{where} must not be empty")
    return content


def _part(part: Any, where: str, role: str, model: Model, images: list[str]) -> str | None:
    """One content part: its text, or None for an image, which is noted in `images` as "type, bytes"."""
    if not isinstance(part, dict):
        raise bad_request(f"{where} must be an object")
    if part.get("type") == "text":
        return _text_part(part, where)
    if role != "user" or not model.reads_images:
        raise bad_request(f"{where}: {model.slug} takes only text here")
    if model.wire_format is WireFormat.ANTHROPIC:
        images.append(_base64_image(part, where))
    else:
        images.append(_image_address(part, where))
    return None


def _text_part(part: dict[str, Any], where: str) -> str:
    text = part.get("text")
    if part.keys() != {"type", "text"} or not isinstance(text, str) or not text.strip():
        raise bad_request(f"{where} must be {{'type': 'text', 'text': …}} with a text that is not empty")
    return text


def _base64_image(part: dict[str, Any], where: str) -> str:
    source = part.get("source")
    if part.get("type") != "image" or part.keys() != {"type", "source"} or not isinstance(source, dict):
        raise bad_request(f"{where} must be a text part or {{'type': 'image', 'source': …}}")
    if source.keys() != {"type", "media_type", "data"} or source["type"] != "base64":
        raise bad_request(f"{where}.source must have type 'base64', media_type and data")
    return _image(source["media_type"], source["data"], where)


def _image_address(part: dict[str, Any], where: str) -> str:
    image_url = part.get("image_url")
    if part.get("type") != "image_url" or part.keys() != {"type", "image_url"} or not isinstance(image_url, dict):
        raise bad_request(f"{where} must be a text part or {{'type': 'image_url', 'image_url': {{'url': …}}}}")
    address = image_url.get("url")
    if not isinstance(address, str):
        raise bad_request(f"{where}.image_url.url must be a string")
    if address.startswith("https://"):
        return "image from an address"
    media_type, marker, data = address.removeprefix("data:").partition(";base64,")
    if not address.startswith("data:") or not marker:
        raise bad_request(f"{where}.image_url.url must be a data: URL with base64, or an https: URL")
    return _image(media_type, data, where)


def _image(media_type: object, data: object, where: str) -> str:
    if not isinstance(media_type, str) or media_type not in IMAGE_TYPES:
        raise bad_request(f"{where}: media type must be one of {', '.join(sorted(IMAGE_TYPES))}")
    try:
        content = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError) as problem:
        raise bad_request(f"{where}: image data is not valid base64") from problem
    size = len(content)
    if not 0 < size <= LARGEST_IMAGE_BYTES:
        raise bad_request(f"{where}: image must have between 1 and {LARGEST_IMAGE_BYTES} bytes")
    return f"{media_type}, {size} bytes, {_look(content)}"


def _look(content: bytes) -> str:
    """What there is to see, as far as the head tells it."""
    try:
        with Image.open(BytesIO(content)) as image:
            return f"{image.width} × {image.height} pixels"
    except OSError:
        return "unreadable"


def _check_order(roles: list[str], model: Model) -> None:
    if "system" in roles[1:]:
        raise bad_request("A 'system' message may only come first")
    spoken = [role for role in roles if role != "system"]
    if not spoken or spoken[-1] != "user":
        raise bad_request("The last message must have role 'user'")
    if model.wire_format is not WireFormat.ANTHROPIC:
        return
    if spoken[0] != "user":
        raise bad_request("The first message must have role 'user'")
    if any(role == following for role, following in pairwise(spoken)):
        raise bad_request("Messages must alternate between the roles 'user' and 'assistant'")
