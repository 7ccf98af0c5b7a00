"""A worker's heart, beating on the tests' own database: what wakes it, and how it leaves."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import httpx
import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections

from accounts.models import ApiKey, User
from accounts.vault import KeyringError
from chat.delivery import dispatcher, process
from chat.delivery.dispatcher import Dispatcher
from chat.models import LanguageModel, Reply
from tests.chat.conftest import FakeSegmind, v1_answer
from tests.chat.delivery.conftest import queue_many
from tests.factories import ApiKeyFactory

pytestmark = pytest.mark.django_db(transaction=True)

REQUEST = "3f0c9a52-8b7e-4f0d-9f43-0c3f9ad3a001"
SUBMITTED = httpx.Response(200, json={"request_id": REQUEST, "status": "QUEUED"})
PROCESSING = httpx.Response(200, json={"request_id": REQUEST, "status": "PROCESSING"})
COMPLETED = httpx.Response(200, json={"request_id": REQUEST, "status": "COMPLETED"})
OUTPUT = json.dumps({"content": [{"type": "text", "text": "Hi!"}]})
RESULT = httpx.Response(200, json={"request_id": REQUEST, "status": "COMPLETED", "output": OUTPUT})


@pytest.fixture
def queue_one(alice: User) -> Callable[..., Reply]:
    key = cast(ApiKey, ApiKeyFactory(owner=alice))

    def one(version: str = "v1") -> Reply:
        facts = {"label": version, "wire_format": "openai", "version": version}
        model = LanguageModel.objects.get_or_create(slug=f"any-{version}", defaults=facts)[0]
        return queue_many(1, person=alice, key=key, model=model)[0]

    return one


@pytest.fixture
def own_database(settings, alice) -> None:
    facts = connection.get_connection_params()
    address = {name: facts[name] for name in ("dbname", "user", "password", "host", "port") if name in facts}
    settings.DATABASE_DIRECT_URL = psycopg.conninfo.make_conninfo(**address)


@pytest.fixture
def never_ticks(monkeypatch) -> None:
    monkeypatch.setattr(dispatcher, "LONGEST_SLEEP_SECONDS", 3600.0)


class SlowSegmind(FakeSegmind):
    """Keeps each POST waiting until the test says `done`."""

    def __init__(self, *answers: httpx.Response) -> None:
        super().__init__(list(answers))
        self.asked, self.done = asyncio.Event(), asyncio.Event()

    async def handle(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.asked.set()
            await self.done.wait()
        return await super().handle(request)


@asynccontextmanager
async def running() -> AsyncIterator[Dispatcher]:
    """A worker that listens already and has looked once."""
    worker = Dispatcher()
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.leave()
        async with asyncio.timeout(20):
            await task
        # The thread that the ORM works in here has a connection of its own.
        await sync_to_async(connections.close_all)()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await sync_to_async(condition)():
            await asyncio.sleep(0.01)


def is_in(state: str) -> Callable[[], bool]:
    return lambda: Reply.objects.get().state == state


def listens() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query = 'LISTEN parley_queue' AND state = 'idle'"
            " AND datname = current_database())"
        )
        return bool(cursor.fetchone()[0])


async def test_what_was_queued_before_it_came_is_sent(queue_one, segmind, own_database):
    await sync_to_async(queue_one)()
    async with running():
        await until(is_in("completed"))


async def test_a_notification_wakes_it(queue_one, segmind, own_database, never_ticks):
    async with running() as worker:
        await until(listens)
        await until(lambda: not worker.news.is_set())
        await sync_to_async(queue_one)()
        await until(is_in("completed"))
    assert len(segmind.submitted) == 1


async def test_a_lost_notification_is_caught_by_the_next_look(queue_one, segmind, own_database, monkeypatch):
    async def deaf(channel: str) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield

    monkeypatch.setattr(dispatcher, "notifications", deaf)
    monkeypatch.setattr(dispatcher, "LONGEST_SLEEP_SECONDS", 0.1)
    async with running():
        await sync_to_async(queue_one)()
        await until(is_in("completed"))


async def test_a_call_by_v1_may_finish_while_it_leaves_and_nothing_new_is_taken(
    queue_one, segmind, own_database, monkeypatch
):
    slow = SlowSegmind(v1_answer())
    monkeypatch.setattr(segmind, "handle", slow.handle)
    first = await sync_to_async(queue_one)()
    async with running() as worker:
        await slow.asked.wait()
        worker.leave()
        second = await sync_to_async(queue_one)()
        slow.done.set()
    states = {reply.pk: reply.state async for reply in Reply.objects.all()}
    await sync_to_async(connections.close_all)()
    assert states == {first.pk: "completed", second.pk: "queued"}


async def test_what_is_still_on_its_way_after_the_grace_period_is_said_to_be_unknown(
    queue_one, segmind, own_database, monkeypatch, settings
):
    settings.WORKER_GRACE_SECONDS = 0.05
    slow = SlowSegmind(v1_answer())
    monkeypatch.setattr(segmind, "handle", slow.handle)
    await sync_to_async(queue_one)()
    async with running():
        await slow.asked.wait()
    [seen] = [(reply.state, reply.billed) async for reply in Reply.objects.all()]
    await sync_to_async(connections.close_all)()
    assert seen == ("unknown", "unknown")


async def test_a_request_by_v2_is_left_to_the_next_worker_which_sends_nothing(
    queue_one, segmind, own_database, monkeypatch
):
    monkeypatch.setattr(process, "FIRST_POLL_SECONDS", 0.01)
    segmind.answers = [SUBMITTED, PROCESSING]
    await sync_to_async(queue_one)("v2")
    async with running() as worker:
        await until(is_in("processing"))
        worker.leave()
    segmind.answers = [COMPLETED, RESULT]
    async with running():
        await until(is_in("completed"))
    assert len(segmind.submitted) == 1


@pytest.mark.parametrize("place", ["claim", "take_over"])
async def test_a_keyring_that_cannot_be_read_for_a_while_ends_neither_sending_nor_rescue(
    own_database, queue_one, segmind, monkeypatch, settings, place
):
    settings.DELIVERY_RESCUE_SECONDS = 0.01
    monkeypatch.setattr(dispatcher, "LONGEST_SLEEP_SECONDS", 0.01)
    faults, rounds, step = [KeyringError("it is not JSON.")], asyncio.Event(), getattr(dispatcher.steps, place)

    def breaks_once(**options: int) -> object:
        if faults:
            raise faults.pop()
        loop.call_soon_threadsafe(rounds.set)
        return step(**options)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(dispatcher.steps, place, breaks_once)
    async with running():
        async with asyncio.timeout(10):
            await rounds.wait()
    assert faults == []
