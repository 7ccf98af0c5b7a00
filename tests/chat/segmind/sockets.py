"""A server on a real socket that behaves as badly as it is told."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

from chat.segmind import SegmindClient, Timeouts
from tests.chat.segmind.wire import TIMEOUTS

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Served:
    """A running server: its port, and the head of each request that came."""

    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0
    ended: int = 0

    @property
    def open(self) -> int:
        return self.connections - self.ended

    @contextlib.asynccontextmanager
    async def client(
        self, *, scheme: str = "http", max_connections: int = 10, **timeouts: float
    ) -> AsyncIterator[SegmindClient]:
        times: Timeouts = replace(TIMEOUTS, **timeouts)
        base_url = f"{scheme}://localhost:{self.port}"
        client = SegmindClient(base_url=base_url, timeouts=times, version="1", max_connections=max_connections)
        try:
            yield client
        finally:
            await client.aclose()


@contextlib.asynccontextmanager
async def serving(behave: Behaviour, certificate: ssl.SSLContext | None = None) -> AsyncIterator[Served]:
    """Run a server that reads each request, and then does what `behave` does."""
    served, tasks = Served(), set[asyncio.Task[Any]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        tasks.add(cast("asyncio.Task[Any]", asyncio.current_task()))
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                served.heads.append(await read_request(reader))
                await behave(writer)
                await writer.drain()
        served.ended += 1
        writer.close()

    server = await asyncio.start_server(serve, "localhost", 0, ssl=certificate)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    _, found, length = head.lower().partition(b"content-length: ")
    await reader.readexactly(int(length.split(b"\r\n")[0]) if found else 0)
    return head


def answering(body: bytes, *headers: str, status: str = "200 OK") -> Behaviour:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers])

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + b"\r\n\r\n" + body)

    return behave


def sending(start: bytes, *, then: bytes = b"", times: int = 0, seconds: float = 0.0) -> Behaviour:
    """Send `start`, then so many times `then`, with a pause of `seconds`, and close."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        for _ in range(times):
            writer.write(then)
            await writer.drain()
            await asyncio.sleep(seconds)
        writer.close()
        await writer.wait_closed()

    return behave


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, five seconds at most."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def silence(_writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()
