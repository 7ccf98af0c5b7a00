from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from accounts.keyring import create_keyring
from accounts.services import balance
from chat.segmind import SegmindClient


@pytest.fixture(autouse=True)
def keyring_file(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keyring of this test alone."""
    path = tmp_path_factory.mktemp("keyring") / "keyring.json"
    create_keyring(path)
    settings.PARLEY_KEYRING = path
    return path


@dataclass
class FakeSegmind:
    """Segmind at the other end of the wire: what it answers to the next questions, and what it was asked."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"credits": 7.25, "free-credits": 0.5})
    failure: Exception | None = None
    requests: list[httpx.Request] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        return httpx.Response(self.status, json=self.body)


@pytest.fixture
def segmind(monkeypatch: pytest.MonkeyPatch) -> FakeSegmind:
    fake = FakeSegmind()
    client = partial(SegmindClient, transport=httpx.MockTransport(fake.answer))
    monkeypatch.setattr(balance, "SegmindClient", client)
    return fake
