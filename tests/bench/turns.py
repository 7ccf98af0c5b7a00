"""One turn after the other, by so many people at once."""

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.bench.browser import Browser, TurnFailed
from tests.bench.processes import ByPart, cpu_seconds, watching_memory
from tests.stack import Stack

# A site that has been at work for a moment: its statements are prepared, and their plans made, on most connections.
WARMING_TURNS = 6


@dataclass(frozen=True)
class Row:
    """`added` in milliseconds over the upstream's own median; `cpu` in milliseconds per turn; `memory` in megabytes."""

    version: str
    users: int
    turns: int
    failed: int
    why: dict[str, int]
    turns_per_second: float
    added: ByPart
    cpu: ByPart
    memory: ByPart

    def __str__(self) -> str:
        added = " ".join(f"{self.added[name]:8.1f}" for name in ("median", "p95", "p99"))
        cpu = " ".join(f"{self.cpu[name]:8.1f}" for name in ("web", "worker", "database"))
        memory = " ".join(f"{self.memory[name]:8.0f}" for name in ("web", "worker", "database"))
        why = "".join(f"\n{'':10} {count} × {words}" for words, count in self.why.items())
        return (
            f"{self.version:4} {self.users:5} {self.turns_per_second:8.1f} {self.failed:6} {added} {cpu} {memory}" + why
        )


HEADINGS = (
    f"{'':4} {'':5} {'':8} {'':6} {'added over the upstream, ms':^26} {'CPU ms per turn':^26} {'memory, MB':^26}\n"
    f"{'':4} {'users':>5} {'turns/s':>8} {'failed':>6} {'median':>8} {'p95':>8} {'p99':>8} "
    f"{'web':>8} {'worker':>8} {'database':>8} {'web':>8} {'worker':>8} {'database':>8}"
)


@dataclass
class Talk:
    """What one person's turns took, in seconds, and why others failed."""

    browser: Browser
    times: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    async def go_on_until(self, end: float) -> None:
        """One turn at least."""
        while True:
            try:
                self.times.append(await self.browser.turn())
            except TurnFailed as failure:
                self.failures.append(str(failure))
            if time.perf_counter() >= end:
                return


async def row(stack: Stack, version: str, browsers: list[Browser], *, upstream: float, seconds: float) -> Row:
    """Let all of them talk for so many seconds. Raises TurnFailed if no turn succeeds."""
    for _ in range(WARMING_TURNS):
        await asyncio.gather(*(browser.turn() for browser in browsers))
    talks = [Talk(browser) for browser in browsers]
    async with watching_memory(stack) as memory:
        before, started = cpu_seconds(stack), time.perf_counter()
        await asyncio.gather(*(talk.go_on_until(started + seconds) for talk in talks))
        elapsed, after = time.perf_counter() - started, cpu_seconds(stack)
    await asyncio.gather(*(browser.leave() for browser in browsers))
    times = [one for talk in talks for one in talk.times]
    failures = [one for talk in talks for one in talk.failures]
    if not times:
        raise TurnFailed(failures[0])
    return Row(
        version=version,
        users=len(browsers),
        turns=len(times),
        failed=len(failures),
        why=dict(Counter(failures)),
        turns_per_second=len(times) / elapsed,
        added=percentiles([(one - upstream) * 1000 for one in times]),
        cpu={name: (after[name] - spent) * 1000 / len(times) for name, spent in before.items()},
        memory=memory,
    )


def percentiles(numbers: list[float]) -> ByPart:
    cuts = statistics.quantiles(numbers * 2 if len(numbers) == 1 else numbers, n=100, method="inclusive")
    return {"median": cuts[49], "p95": cuts[94], "p99": cuts[98]}
