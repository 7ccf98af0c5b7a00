"""A Segmind at the transport that answers as told, while our client really runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from chat.segmind import ChatRequest, KeyValue, SegmindClient, Timeouts, Turn, WireFormat

KEY_TEXT = "SG_5a0123456789abcd"
KEY = KeyValue(KEY_TEXT)
REQUEST_ID = "3f0c9a52-8b7e-4f0d-9f43-0c3f9ad3a001"
TIMEOUTS = Timeouts(connect=5, read=5, write=5, pool=5, total=10)
HELLO = ChatRequest("claude-3-haiku", WireFormat.ANTHROPIC, (Turn("user", "hello"),))

ANTHROPIC = {
    "type": "message",
    "content": [{"type": "text", "text": "Hi"}, {"type": "tool_use", "text": "no"}, {"type": "text", "text": "!"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 56, "output_tokens": 31},
}
OPENAI = {
    "choices": [{"message": {"role": "assistant", "content": "Hi!"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 56, "completion_tokens": 31},
}
GEMINI = {
    "candidates": [{"content": {"parts": [{"text": "Hi"}, {"text": "!"}], "role": "model"}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 56, "candidatesTokenCount": 31},
}
ACCOUNTING = {
    "x-cost": "0.0006",
    "x-remaining-credits": "24.5",
    "x-request-id": REQUEST_ID,
    "x-generation-time": "1.25",
}
PAGE = "<html><head><title>502 Bad Gateway</title></head></html>"


@dataclass
class Wire:
    """`answer` is given to every call, or raised if it is an exception. `calls` are those that came."""

    answer: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]
    calls: list[httpx.Request] = field(default_factory=list)

    def client(self) -> SegmindClient:
        return SegmindClient(
            base_url="https://segmind.test",
            timeouts=TIMEOUTS,
            version="1.2",
            transport=httpx.MockTransport(self._handle),
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if isinstance(self.answer, httpx.Response) else self.answer(request)


def client(answer: httpx.Response | Exception) -> SegmindClient:
    return Wire(answer).client()


def result(output: Any, **fields: Any) -> dict[str, Any]:
    """The body of a completed v2 request, `output` as given."""
    metrics = {"cost": 0.002, "remaining_credits": 20.5, "inference_time": 1.25, "queue_time": 0.1}
    return {"status": "COMPLETED", "request_id": REQUEST_ID, "output": output, "metrics": metrics} | fields
