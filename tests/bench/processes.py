"""What the parts of a running site take of the machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psutil

from tests.stack import Stack

LEADERS = {"web": "config.asgi", "worker": "manage.py worker", "database": "postgres"}
SECONDS_BETWEEN_SAMPLES = 1.0
type ByPart = dict[str, float]


def families(stack: Stack) -> dict[str, list[psutil.Process]]:
    """The processes of each part; Granian and PostgreSQL are families."""
    leaders = {name: stack.program(word) for name, word in LEADERS.items()}
    return {name: [leader, *leader.children(recursive=True)] for name, leader in leaders.items()}


def cpu_seconds(stack: Stack) -> ByPart:
    """Spent so far, by each part; also by its processes that have ended."""
    spent = dict.fromkeys(LEADERS, 0.0)
    for name, processes in families(stack).items():
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                spent[name] += sum(process.cpu_times()[:4])
    return spent


def megabytes(stack: Stack) -> ByPart:
    """Resident at this moment. PostgreSQL's processes share memory, so of theirs only what is their own counts."""
    taken = dict.fromkeys(LEADERS, 0.0)
    for name, processes in families(stack).items():
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                bytes_taken = process.memory_full_info().uss if name == "database" else process.memory_info().rss
                taken[name] += bytes_taken / 1e6
    return taken


@asynccontextmanager
async def watching_memory(stack: Stack) -> AsyncIterator[ByPart]:
    """The most that each part took while the block ran, in megabytes; filled in as it goes."""
    most = megabytes(stack)
    watcher = asyncio.create_task(keep_watching(stack, most))
    try:
        yield most
    finally:
        watcher.cancel()
        note_most(stack, most)


async def keep_watching(stack: Stack, most: ByPart) -> None:
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_SAMPLES)
        await asyncio.to_thread(note_most, stack, most)  # it takes long enough to be seen in what is measured


def note_most(stack: Stack, most: ByPart) -> None:
    for name, taken in megabytes(stack).items():
        most[name] = max(most[name], taken)
