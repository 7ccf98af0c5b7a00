"""Connections: shared, limited, given back whatever happens, and closed when nobody needs them."""

import asyncio
import json

import httpx
import pytest

from chat.segmind import NotAccepted, OutcomeUnknown
from chat.segmind.connections import Connections
from tests.chat.segmind.sockets import Served, answering, sending, serving, silence, until
from tests.chat.segmind.wire import HELLO, KEY, OPENAI

pytestmark = pytest.mark.asyncio
GOOD = answering(json.dumps(OPENAI).encode())


async def arrived(served: Served, calls: int) -> None:
    await until(lambda: len(served.heads) == calls)


async def test_calls_in_turn_share_one_connection() -> None:
    async with serving(GOOD) as served, served.client() as client:
        for _ in range(5):
            await client.complete(key=KEY, request=HELLO)
        assert (served.connections, len(served.heads)) == (1, 5)


async def test_calls_at_once_have_a_connection_each_and_no_more_than_allowed() -> None:
    async with serving(GOOD) as served, served.client(max_connections=3) as client:
        await asyncio.gather(*(client.complete(key=KEY, request=HELLO) for _ in range(20)))
        assert len(served.heads) == 20
        assert 1 < served.connections <= 3


async def test_one_call_too_many_waits_and_was_never_sent() -> None:
    async with serving(silence) as served, served.client(max_connections=1, pool=0.05) as client:
        first = asyncio.create_task(client.complete(key=KEY, request=HELLO))
        await until(lambda: served.heads)
        with pytest.raises(NotAccepted) as caught:
            await client.complete(key=KEY, request=HELLO)
        assert caught.value.kind == "unreachable"
        assert len(served.heads) == 1
        first.cancel()
        await asyncio.wait([first])


async def test_a_cancelled_call_is_cancelled_and_gives_its_place_back() -> None:
    async with serving(silence) as served, served.client(max_connections=1) as client:
        for calls in (1, 2, 3):
            task = asyncio.create_task(client.complete(key=KEY, request=HELLO))
            await arrived(served, calls)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert served.connections == 3


async def test_a_call_cancelled_in_the_body_gives_its_place_back() -> None:
    started = sending(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n", then=b" ", times=1000, seconds=0.01)
    async with serving(started) as served, served.client(max_connections=1) as client:
        for calls in (1, 2):
            task = asyncio.create_task(client.complete(key=KEY, request=HELLO))
            await arrived(served, calls)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_a_call_that_waits_for_a_place_can_be_cancelled() -> None:
    async with serving(silence) as served, served.client(max_connections=1) as client:
        tasks = [asyncio.create_task(client.complete(key=KEY, request=HELLO)) for _ in range(2)]
        await until(lambda: served.heads)
        for task in reversed(tasks):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert len(served.heads) == 1


async def test_a_connection_that_broke_is_replaced() -> None:
    async with serving(sending(b"HTTP/1.1 200 OK\r\n")) as served, served.client(max_connections=1) as client:
        for _ in range(3):
            with pytest.raises(OutcomeUnknown):
                await client.complete(key=KEY, request=HELLO)
        assert (served.connections, len(served.heads)) == (3, 3)


async def test_connections_that_nobody_needs_any_more_are_closed() -> None:
    connections = Connections(max_connections=5, keepalive_seconds=0.05)
    async with serving(GOOD) as served, httpx.AsyncClient(transport=connections, trust_env=False) as client:
        address = f"http://localhost:{served.port}/"
        await asyncio.gather(*(client.get(address) for _ in range(5)))
        assert served.connections == 5

        # Each call takes the warmest connection and closes one that has gone cold.
        async with asyncio.timeout(5):
            while served.open > 1:
                await client.get(address)
