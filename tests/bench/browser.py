"""A browser reduced to what the benchmark needs: one connection, a session's cookies, requests as htmx makes them."""

import asyncio
import gzip
import re
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

CSRF = "b" * 32
WAIT_ADDRESS = re.compile(rb'hx-get="(/replies/[0-9a-f-]+/wait/\?state=[a-z-]*)"')
STATE = re.compile(rb'data-state="([a-z]+)"')
TURNS_PER_CONVERSATION = 10


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Browser:
    """One signed-in person who sends a message, waits for the finished fragment, and sends the next."""

    def __init__(self, *, host: str, port: int, session: str, model: str, words: str) -> None:
        self.host, self.port, self.session, self.model, self.words = host, port, session, model, words
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.conversation, self.turns = uuid.uuid4(), 0

    async def turn(self) -> float:
        """Seconds from the POST to the finished fragment. Raises RuntimeError when it ends otherwise."""
        if self.turns % TURNS_PER_CONVERSATION == 0:
            self.conversation = uuid.uuid4()
        self.turns += 1
        fields = {"client_id": uuid.uuid4(), "text": self.words, "model": self.model, "instruction": ""}
        started = time.perf_counter()
        answer = await self.request("POST", f"/c/{self.conversation}/messages/", urlencode(fields))
        waiting = ""
        while answer.status == 204 or (address := WAIT_ADDRESS.search(answer.body)):
            if answer.status != 204 and address:
                waiting = address[1].decode()
            answer = await self.request("GET", waiting)
        state = STATE.search(answer.body)
        if answer.status != 200 or not state or state[1] != b"completed":
            raise RuntimeError(f"status {answer.status}: {answer.body[:300]!r}")
        return time.perf_counter() - started

    async def request(self, method: str, path: str, form: str = "") -> Answer:
        if self.streams is None:
            self.streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.streams
        body = form.encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nHX-Request: true\r\n"
            f"Cookie: sessionid={self.session}; csrftoken={CSRF}\r\nX-CSRFToken: {CSRF}\r\n"
            f"Accept-Encoding: gzip\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        return await self.read_answer(reader)

    async def read_answer(self, reader: asyncio.StreamReader) -> Answer:
        head = await reader.readuntil(b"\r\n\r\n")
        status, lowered = int(head[9:12]), head.lower()
        body = b""
        if match := re.search(rb"content-length: (\d+)", lowered):
            body = await reader.readexactly(int(match[1]))
        elif b"transfer-encoding: chunked" in lowered:
            body = await self.read_chunks(reader)
        return Answer(status, gzip.decompress(body) if b"content-encoding: gzip" in lowered else body)

    async def read_chunks(self, reader: asyncio.StreamReader) -> bytes:
        chunks = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            chunks.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        return b"".join(chunks)
