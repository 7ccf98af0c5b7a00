from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.running import RunningSandbox, running_sandbox

Messages = list[dict[str, Any]]


class Asker:
    """A plain client of the stand-in, with one key."""

    def __init__(self, sandbox: RunningSandbox, key: str) -> None:
        self.sandbox = sandbox
        self.key = key
        self.client = httpx.Client(base_url=sandbox.base_url, headers={"x-api-key": key}, timeout=20.0)

    def ask(self, prompt: str, *, slug: str = "claude-3-haiku", version: str = "v1", **fields: Any) -> httpx.Response:
        return self.send({"messages": [{"role": "user", "content": prompt}], **fields}, slug=slug, version=version)

    def send(self, body: object, *, slug: str = "claude-3-haiku", version: str = "v1") -> httpx.Response:
        return self.client.post(f"/{version}/{slug}", json=body)

    def submit(self, prompt: str, **fields: Any) -> str:
        """Submit by v2; the request id."""
        response = self.ask(prompt, version="v2", **fields)
        assert response.status_code == 200, response.text
        request_id: str = response.json()["request_id"]
        return request_id

    def status(self, request_id: str) -> httpx.Response:
        return self.client.get(f"/v2/requests/{request_id}/status")

    def result(self, request_id: str) -> httpx.Response:
        return self.client.get(f"/v2/requests/{request_id}")

    def state(self, request_id: str) -> str:
        state: str = self.status(request_id).json()["status"]
        return state

    def balance(self) -> httpx.Response:
        return self.client.get("/v1/get-user-credits")

    def rows(self) -> list[dict[str, Any]]:
        """This key's rows of the ledger."""
        rows: list[dict[str, Any]] = self.sandbox.ledger(key=self.key)["rows"]
        return rows

    def row(self) -> dict[str, Any]:
        (row,) = self.rows()
        return row


@pytest.fixture(scope="session")
def segmind_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def asker(segmind_sandbox: RunningSandbox) -> Iterator[Asker]:
    asker = Asker(segmind_sandbox, segmind_sandbox.new_key())
    with asker.client:
        yield asker
