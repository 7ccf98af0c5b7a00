"""A pool of connections whose work for a call does not grow with their number.

httpcore walks over all connections of a pool twice in every call, and asks the system about each idle one. Here each
connection is a httpcore pool of its own, and the free ones lie on a stack: a call takes the warmest.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import cast

import httpx


@dataclass(eq=False, slots=True)
class Line:
    """At most one connection, and since when nobody uses it (seconds of the monotonic clock)."""

    transport: httpx.AsyncHTTPTransport
    free_since: float = 0.0


class Connections(httpx.AsyncBaseTransport):
    """At most `max_connections` at once; one more call waits, and raises httpx.PoolTimeout after its `pool` time-out.

    HTTP/1.1, certificates always verified, nothing taken from the environment.
    """

    def __init__(self, *, max_connections: int, keepalive_seconds: float) -> None:
        self._certificates = httpx.create_ssl_context(trust_env=False)
        self._limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=keepalive_seconds)
        self._keepalive_seconds = keepalive_seconds
        self._places = asyncio.Semaphore(max_connections)
        self._free: deque[Line] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._find_place(request.extensions.get("timeout", {}).get("pool"))
        line = self._free.pop() if self._free else self._new_line()
        try:
            response = await line.transport.handle_async_request(request)
        except BaseException:
            self._give_back(line)
            raise
        response.stream = LineStream(cast("httpx.AsyncByteStream", response.stream), self, line)
        return response

    async def aclose(self) -> None:
        while self._free:
            await self._free.pop().transport.aclose()

    async def end_call(self, stream: httpx.AsyncByteStream, line: Line) -> None:
        """Close what the call has left open, and one connection that has been idle for too long."""
        try:
            await stream.aclose()
        finally:
            self._give_back(line)
        if time.monotonic() - self._free[0].free_since > self._keepalive_seconds:
            await self._free.popleft().transport.aclose()

    async def _find_place(self, seconds: float | None) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("all connections are in use") from None

    def _new_line(self) -> Line:
        return Line(httpx.AsyncHTTPTransport(verify=self._certificates, limits=self._limits, trust_env=False))

    def _give_back(self, line: Line) -> None:
        line.free_since = time.monotonic()
        self._free.append(line)
        self._places.release()


class LineStream(httpx.AsyncByteStream):
    """The body of an answer, which keeps its line until it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, connections: Connections, line: Line) -> None:
        self._stream = stream
        self._connections = connections
        self._line: Line | None = line

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await self._connections.end_call(self._stream, line)
