"""Answers as each provider writes them: the JSON that Segmind passes through unchanged."""

from typing import Any

from tests.sandbox.answers import compose
from tests.sandbox.catalogue import WireFormat
from tests.sandbox.faults import Faults
from tests.sandbox.questions import CHARACTERS_PER_TOKEN, Question

# Why a model stopped: of itself, by its length, by a filter.
STOP_REASONS = {
    WireFormat.ANTHROPIC: ("end_turn", "max_tokens", "refusal"),
    WireFormat.OPENAI: ("stop", "length", "content_filter"),
    WireFormat.GEMINI: ("STOP", "MAX_TOKENS", "SAFETY"),
}


def provider_answer(question: Question, request_id: str, faults: Faults) -> dict[str, Any]:
    """The native JSON for a question: in its model's format, or in the one that `sandbox:as=<format>` names."""
    text = compose(question, faults)
    texts = _pieces(text) if "parts" in faults else [text] if text else []
    name = faults.get("as", "")
    wire_format = WireFormat(name) if name in WireFormat else question.model.wire_format
    reason = STOP_REASONS[wire_format][1 if "length" in faults else 2 if "filtered" in faults else 0]
    spent = (question.input_tokens, -(-len(text) // CHARACTERS_PER_TOKEN))
    return WRITERS[wire_format](question.model.slug, request_id, texts, reason, spent)


def _pieces(text: str) -> list[str]:
    middle = len(text) // 2
    return [text[:middle], text[middle:]]


def _anthropic(slug: str, request_id: str, texts: list[str], reason: str, spent: tuple[int, int]) -> dict[str, Any]:
    return {
        "id": f"msg_{request_id}",
        "type": "message",
        "role": "assistant",
        "model": slug,
        "content": [{"type": "text", "text": text} for text in texts],
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": spent[0], "output_tokens": spent[1]},
    }


def _openai(slug: str, request_id: str, texts: list[str], reason: str, spent: tuple[int, int]) -> dict[str, Any]:
    content: Any = texts[0] if texts else ""
    if len(texts) > 1:
        content = [{"type": "text", "text": text} for text in texts]
    return {
        "id": f"chatcmpl-{request_id}",
        "object": "chat.completion",
        "model": slug,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": reason},
        ],
        "usage": {"prompt_tokens": spent[0], "completion_tokens": spent[1], "total_tokens": sum(spent)},
    }


def _gemini(slug: str, request_id: str, texts: list[str], reason: str, spent: tuple[int, int]) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, "finishReason": reason}
    if texts:
        candidate["content"] = {"role": "model", "parts": [{"text": text} for text in texts]}
    return {
        "candidates": [candidate],
        "modelVersion": slug,
        "responseId": request_id,
        "usageMetadata": {
            "promptTokenCount": spent[0],
            "candidatesTokenCount": spent[1],
            "totalTokenCount": sum(spent),
        },
    }


WRITERS = {WireFormat.ANTHROPIC: _anthropic, WireFormat.OPENAI: _openai, WireFormat.GEMINI: _gemini}
