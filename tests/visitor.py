"""A browser reduced to its requests: one connection, a session's cookies, htmx's headers. Cheaper than any client."""

import asyncio
import gzip
import re
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

CSRF = "b" * 32
# As a page has it: masked, by the letter that stands for nothing.
TOKEN = "a" * 32 + CSRF
# Longer than the longest wait that the site lets a browser have.
LONGEST_ANSWER_SECONDS = 60.0
LENGTH = re.compile(rb"content-length: (\d+)")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Visitor:
    """One signed-in person at one web server; one request at a time."""

    def __init__(self, *, port: int, session: str, host: str = "127.0.0.1") -> None:
        self.host, self.port, self.session = host, port, session
        # The path in the address bar, which htmx tells.
        self.page = "/"
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, *, is_page: bool = False) -> Answer:
        """Raises ConnectionError. `is_page`: as the address bar asks, not htmx."""
        return await self.request("GET", path, b"", "" if is_page else "HX-Request: true\r\n")

    async def post(self, path: str, **fields: object) -> Answer:
        """Raises ConnectionError: then nobody knows whether it has arrived."""
        here = f"HX-Request: true\r\nHX-Current-URL: http://{self.host}:{self.port}{self.page}\r\n"
        return await self.request("POST", path, urlencode(fields).encode(), here)

    async def request(self, method: str, path: str, body: bytes, more_headers: str) -> Answer:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{more_headers}"
            f"Cookie: sessionid={self.session}; csrftoken={CSRF}\r\nX-CSRFToken: {TOKEN}\r\n"
            f"Accept-Encoding: gzip\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(LONGEST_ANSWER_SECONDS):
                return await self.exchange(head.encode() + body)
        except (OSError, EOFError) as error:
            self.hang_up()
            raise ConnectionError(f"{method} {path}: {type(error).__name__} {error}") from error
        except BaseException:
            self.hang_up()
            raise

    def hang_up(self) -> None:
        """The next request opens another connection."""
        if self.streams:
            self.streams[1].close()
        self.streams = None

    async def leave(self) -> None:
        """For good: the connection is gone before the event loop is."""
        if self.streams:
            writer = self.streams[1]
            self.hang_up()
            with suppress(OSError):
                await writer.wait_closed()

    async def exchange(self, request: bytes) -> Answer:
        if self.streams is None:
            self.streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status, lowered = int(head[9:12]), head.lower()
        body = b""
        if match := LENGTH.search(lowered):
            body = await reader.readexactly(int(match[1]))
        elif b"transfer-encoding: chunked" in lowered:
            body = await read_chunks(reader)
        return Answer(status, gzip.decompress(body) if b"content-encoding: gzip" in lowered else body)


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    chunks = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        chunks.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(chunks)
