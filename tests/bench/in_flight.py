"""So many replies on their way at once, in one worker: what it takes, and how long the last one waits to be stored."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

import httpx
import psycopg

from config import embedded_postgres
from tests.bench.browser import Browser, TurnFailed
from tests.bench.processes import ByPart, watching_memory
from tests.stack import Stack

WORDS = "Say hello in a few words. sandbox:hold"
SENDING_AT_ONCE = 20
REACH_SECONDS = 200.0
# Long enough for v2 to come to its longest pause between two polls.
HELD_SECONDS = 5.0
STORED = """
    SELECT extract(epoch FROM max(finished_at))::float, count(*) FILTER (WHERE state <> 'completed')
    FROM chat_reply WHERE created_at >= to_timestamp(%s)
"""


@dataclass(frozen=True)
class InFlight:
    """Times in seconds after Segmind has let all of them go; `memory` in megabytes, at the most."""

    version: str
    replies: int
    failed: int
    why: dict[str, int]
    seconds_to_send: float
    last_stored: float
    last_shown: float
    memory: ByPart

    def __str__(self) -> str:
        why = "".join(f" ({count} × {words})" for words, count in self.why.items())
        return (
            f"{self.version:4} {self.replies:5} in flight, {self.failed} failed{why}; "
            f"sent in {self.seconds_to_send:.1f} s; "
            f"the last one stored {self.last_stored:.2f} s and shown {self.last_shown:.2f} s after its answer was due; "
            f"worker {self.memory['worker']:.0f} MB, web {self.memory['web']:.0f} MB"
        )


async def in_flight(stack: Stack, version: str, browsers: list[Browser]) -> InFlight:
    """Send by all, hold the answers until each is at the sandbox, let them go. Raises TimeoutError if one isn't."""
    async with httpx.AsyncClient(base_url=f"{stack.sandbox_url}/control", timeout=30) as control:
        accepted, began, started = await accepted_by(control), time.time(), time.perf_counter()
        async with watching_memory(stack) as memory, asyncio.TaskGroup() as group:
            turn, why = asyncio.Semaphore(SENDING_AT_ONCE), Counter[str]()
            waits = [group.create_task(send_and_wait(browser, turn, why)) for browser in browsers]
            async with asyncio.timeout(REACH_SECONDS):
                while await accepted_by(control) < accepted + len(browsers):
                    await asyncio.sleep(0.1)
            seconds_to_send = time.perf_counter() - started
            await asyncio.sleep(HELD_SECONDS)
            released = time.time()
            (await control.post("/release", json={})).raise_for_status()
    await asyncio.gather(*(browser.leave() for browser in browsers))
    shown = [wait.result() for wait in waits]
    stored, unfinished = await stored_since(stack, began)
    return InFlight(
        version=version,
        replies=len(browsers),
        failed=max(unfinished, why.total()),
        why=dict(why),
        seconds_to_send=seconds_to_send,
        last_stored=stored - released,
        last_shown=max(shown) - released,
        memory=memory,
    )


async def send_and_wait(browser: Browser, turn: asyncio.Semaphore, why: Counter[str]) -> float:
    """When the answer was shown, in epoch seconds; 0 if it was not, and why is counted."""
    try:
        async with turn:
            sent = await browser.send()
        await browser.await_answer(sent)
    except TurnFailed as failure:
        why[str(failure)] += 1
        return 0.0
    return time.time()


async def accepted_by(control: httpx.AsyncClient) -> int:
    number: int = (await control.get("/ledger", params={"limit": 0})).json()["accepted"]
    return number


async def stored_since(stack: Stack, began: float) -> tuple[float, int]:
    """When the last of the replies made since then was stored, in epoch seconds, and how many are not completed."""
    url = stack.environment.get("DATABASE_URL") or embedded_postgres.url(stack.var_dir)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute(STORED, [began])).fetchone()
    assert row
    return row[0] or 0.0, row[1]
