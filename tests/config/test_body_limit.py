"""A body without an end is not taken in: neither memory nor disk is anybody's to fill."""

from typing import Any

import pytest

from config import handler


@pytest.mark.asyncio
async def test_a_body_that_is_too_large_is_refused_while_it_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "LARGEST_BODY_BYTES", 3_000)
    pieces, answers = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": bytes(1_000), "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    await handler.Handler()(scope, receive, send)
    assert (answers[0]["status"], pieces) == (413, 4)
