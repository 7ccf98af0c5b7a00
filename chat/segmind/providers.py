"""What a model said, in any of the three providers' JSON. The format is recognised by its structure, not by the slug:
Segmind passes the provider's answer on unchanged, and may change a model's provider.
"""

from dataclasses import dataclass, field
from typing import Any

from chat.segmind.bodies import parsed_text
from chat.segmind.readings import count

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said. `provider`: whose JSON it came in, "" for a plain text; it is no part of what was said."""

    text: str = field(repr=False)
    stop_reason: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    provider: str = field(default="", compare=False)


def said_in(body: Json) -> Said | None:
    """What the model said. None if this is no provider's answer.

    Segmind: v1 answers with the provider's JSON; v2 has it in `output`, as a string. Also understood: an object
    there, a plain text, and the provider's keys at the top.
    """
    output = body.get("output")
    if isinstance(output, str):
        return said_in_text(output)
    if isinstance(output, dict):
        return from_provider(output)
    return from_provider(body)


def said_in_text(output: str) -> Said | None:
    """The provider's JSON in a string; whatever else the string holds is the model's plain text."""
    try:
        value = parsed_text(output)
    except ValueError:
        return Said(output)
    if not isinstance(value, dict):
        return Said(output)
    return from_provider(value) or (None if "error" in value else Said(output))


def from_provider(body: Json) -> Said | None:
    return from_openai(body) or from_anthropic(body) or from_gemini(body)


def from_openai(body: Json) -> Said | None:
    choices = body.get("choices")
    if not isinstance(choices, list):
        return None
    choice = first(choices)
    message = choice.get("message")
    if choices and not isinstance(message, dict):
        return None
    usage = mapping(body.get("usage"))
    return Said(
        joined(mapping(message).get("content"), types=("text", None)),
        label(choice.get("finish_reason")),
        count(usage.get("prompt_tokens")),
        count(usage.get("completion_tokens")),
        provider="openai",
    )


def from_anthropic(body: Json) -> Said | None:
    content = body.get("content")
    if not isinstance(content, list):
        return None
    usage = mapping(body.get("usage"))
    return Said(
        joined(content, types=("text",)),
        label(body.get("stop_reason")),
        count(usage.get("input_tokens")),
        count(usage.get("output_tokens")),
        provider="anthropic",
    )


def from_gemini(body: Json) -> Said | None:
    """A blocked prompt has no candidates at all, and says why beside them."""
    candidates, feedback = body.get("candidates"), body.get("promptFeedback")
    if not isinstance(candidates, list) and not isinstance(feedback, dict):
        return None
    candidate = first(candidates)
    usage = mapping(body.get("usageMetadata"))
    return Said(
        joined(mapping(candidate.get("content")).get("parts"), types=("text", None)),
        label(candidate.get("finishReason")) or label(mapping(feedback).get("blockReason")),
        count(usage.get("promptTokenCount")),
        count(usage.get("candidatesTokenCount")),
        provider="gemini",
    )


def joined(content: object, *, types: tuple[str | None, ...]) -> str:
    """The text of a content: a string, or a list of parts. A part marked as a thought is not for the reader."""
    if isinstance(content, str):
        return content
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return "".join(
        label(part.get("text")) for part in parts if part.get("type") in types and part.get("thought") is not True
    )


def first(values: object) -> Json:
    return mapping(values[0]) if isinstance(values, list) and values else {}


def mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def label(value: object) -> str:
    return value if isinstance(value, str) else ""
