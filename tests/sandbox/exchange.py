"""One HTTP exchange over ASGI: the body in, one response out, or one of the ways to give none."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tests.sandbox.refusals import Refusal, Response, bad_request, error, sign_in_error

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST_BODY_BYTES = 32 * 1024 * 1024
SILENCE_SECONDS = 600.0
DRIP_PIECES = 40


class Exchange:
    """A request that waits for its response."""

    __slots__ = ("_receive", "_send", "headers", "method", "path", "scope")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self._receive = receive
        self._send = send

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def address(self) -> str:
        """Scheme and host as the client knows them, such as http://127.0.0.1:8010."""
        return f"{self.scope.get('scheme', 'http')}://{self.header(b'host')}"

    def key(self) -> str:
        """The key of `x-api-key`. Raises Refusal, a 401: a bearer token does not count."""
        if key := self.header(b"x-api-key"):
            return key
        if b"authorization" in self.headers:
            raise Refusal(sign_in_error())
        raise Refusal(error("no-key"))

    def is_json(self) -> bool:
        return self.header(b"content-type").partition(";")[0].strip().lower() == "application/json"

    async def body(self) -> bytes:
        message = await self._receive()
        if not message.get("more_body"):
            body: bytes = message.get("body", b"")
            return body
        pieces, size = [message.get("body", b"")], len(message.get("body", b""))
        while message.get("more_body") and size <= LARGEST_BODY_BYTES:
            message = await self._receive()
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
        if size > LARGEST_BODY_BYTES:
            raise bad_request("Request body is too large")
        return b"".join(pieces)

    async def answer(self, response: Response) -> None:
        await self._start(response)
        await self._send({"type": "http.response.body", "body": response.body, "more_body": False})

    async def answer_slowly(self, response: Response, pause_seconds: float) -> None:
        """Send the body in pieces, with a pause before each."""
        await self._start(response)
        step = max(1, -(-len(response.body) // DRIP_PIECES))
        for start in range(0, len(response.body), step):
            await asyncio.sleep(pause_seconds)
            piece = response.body[start : start + step]
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def stay_silent(self) -> None:
        """Say nothing until the client leaves, for at most SILENCE_SECONDS, and then close the connection."""
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            self.close()

    async def break_off(self, response: Response) -> None:
        """Send the head and the first half of the body, then close the connection."""
        await self._start(response)
        half = response.body[: len(response.body) // 2]
        await self._send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.sleep(0.05)  # The server writes from another thread: closing at once would overtake the half.
        self.close()

    def close(self) -> None:
        """Close the connection without an answer.

        ASGI knows no such thing, so this looks for the process's own socket whose peer is this client.
        Raises ConnectionResetError when there is none, as under an in-process transport.
        """
        client = [str(part) for part in self.scope.get("client") or ()]
        if not any(_shut_down(int(name), client) for name in os.listdir("/dev/fd")):
            raise ConnectionResetError("dropped on request")

    async def _start(self, response: Response) -> None:
        headers = [*response.headers, (b"content-length", str(len(response.body)).encode())]
        await self._send({"type": "http.response.start", "status": response.status, "headers": headers})


def _shut_down(descriptor: int, peer: list[str]) -> bool:
    """Shut down the connection behind a file descriptor if `peer` is at its other end."""
    try:
        duplicate = os.dup(descriptor)
    except OSError:
        return False
    try:
        connection = socket.socket(fileno=duplicate)
    except OSError:
        os.close(duplicate)
        return False
    with connection:
        try:
            if [str(part) for part in connection.getpeername()[:2]] != peer:
                return False
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return False
    return True
