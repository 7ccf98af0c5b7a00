"""What the tests of chat share: models of the catalogue, a key that pays, and a Segmind that answers as told."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from asgiref.sync import async_to_sync, sync_to_async
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.services import api_keys
from chat.delivery import client, process, rescue, steps
from chat.models import Conversation, LanguageModel, Message, Reply
from chat.segmind import KeyValue, SegmindClient, Timeouts
from tests.chat.sending import send


async def work() -> None:
    """A worker until nothing is left to do, one reply after the other; its pauses are those of `process`."""
    leaving = asyncio.Event()
    while True:
        await rescue.rescue()
        due = await sync_to_async(steps.claim)(limit=10)
        for assignment in [*due.assignments, *await sync_to_async(steps.take_over)(limit=10)]:
            await process.carry_out(assignment, leaving=leaving)
        if not due.assignments:
            if due.look_again_at is None:
                return
            await process.pause((due.look_again_at - timezone.now()).total_seconds())


KEY = "SG_5a0123456789abcd"


@pytest.fixture
def llama(db: None) -> LanguageModel:
    """Answers by v1, in OpenAI's format."""
    return LanguageModel.objects.get(slug="llama-v3-8b-instruct")


@pytest.fixture
def haiku(db: None) -> LanguageModel:
    """Answers by v2, in Anthropic's format."""
    return LanguageModel.objects.get(slug="claude-3-haiku")


@pytest.fixture
def alice_key(alice: User) -> ApiKey:
    return api_keys.add_key(owner=alice, label="Alice's", value=KeyValue(KEY))


@pytest.fixture
def conversation(alice: User, alice_key: ApiKey, llama: LanguageModel) -> Conversation:
    """Alice has asked "hello", and waits."""
    return send(alice, "hello", model=llama).question.conversation


@pytest.fixture
def question(conversation: Conversation) -> Message:
    return conversation.messages.get(role="user")


@pytest.fixture
def reply(conversation: Conversation) -> Reply:
    return Reply.objects.get(message__conversation=conversation)


@dataclass
class FakeSegmind:
    """Segmind at the transport: our client really runs. `answers` are given in turn, the last one for ever."""

    answers: list[httpx.Response | Exception] = field(default_factory=list)
    calls: list[httpx.Request] = field(default_factory=list)
    # What happens on our side while Segmind is at work on a POST.
    meanwhile: Callable[[], object] = lambda: None

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        if request.method == "POST":
            await sync_to_async(self.meanwhile)()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def submitted(self) -> list[dict[str, Any]]:
        """The bodies of the calls that cost."""
        return [json.loads(call.content) for call in self.calls if call.method == "POST"]


def v1_answer(text: str = "Hi!", *, cost: str = "0.0006", credits: str = "24.5") -> httpx.Response:
    body = {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }
    return httpx.Response(
        200, json=body, headers={"x-cost": cost, "x-remaining-credits": credits, "x-request-id": "r-1"}
    )


@pytest.fixture
def segmind(monkeypatch: pytest.MonkeyPatch) -> FakeSegmind:
    fake = FakeSegmind([v1_answer()])

    def fresh_client() -> SegmindClient:
        return SegmindClient(
            base_url="https://segmind.test",
            timeouts=Timeouts(connect=1, read=5, write=5, pool=1, total=10),
            version="test",
            transport=httpx.MockTransport(fake.handle),
        )

    monkeypatch.setattr(process, "segmind_client", fresh_client)
    client.segmind_client.cache_clear()
    return fake


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Delivery's pauses turn the clock instead of passing; they are listed here, in seconds."""
    passed: list[float] = []
    with time_machine.travel(timezone.now(), tick=False) as clock:

        async def turn_the_clock(seconds: float) -> None:
            passed.append(seconds)
            clock.shift(timedelta(seconds=seconds))

        monkeypatch.setattr(process, "pause", turn_the_clock)
        yield passed


@pytest.fixture
def deliver(segmind: FakeSegmind, pauses: list[float]) -> Callable[[Reply], Reply]:
    """Let a worker do all there is to do, and give back the row as it then is."""

    def run(reply: Reply) -> Reply:
        async_to_sync(work)()
        return Reply.objects.select_related("message").get(pk=reply.pk)

    return run
