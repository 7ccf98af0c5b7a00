"""`make bench`: what Parley adds to the upstream's own time, and how many turns it carries.

Everything runs on this machine: sandbox without latency, database, web, worker and the load itself. Bounded: each row
is at most --seconds long. Time added is from the POST to the finished fragment, less the median of the upstream's own.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from config.run import BASE_DIR
from tests.bench.browser import Browser
from tests.bench.upstream import seconds_of_the_upstream
from tests.stack import Stack

USERS = (1, 10)
MODELS = {"v1": "llama-v3-8b-instruct", "v2": "claude-3-haiku"}
WORDS = "Say hello in a few words."


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--users", type=int, nargs="+", default=USERS)
    options.add_argument("--seconds", type=float, default=10)
    options.add_argument("--versions", nargs="+", choices=MODELS, default=list(MODELS))
    chosen = options.parse_args()
    with running_stack() as stack:
        sessions = signed_in_people(stack, max(chosen.users))
        print(f"at rest: {memory_of(stack)}")
        print("     users  turns/s   median      p95      p99   added ms; CPU ms per turn; memory")
        for version in chosen.versions:
            for users in chosen.users:
                print(asyncio.run(row(stack, version, sessions[:users], chosen.seconds)), flush=True)


@contextmanager
def running_stack() -> Iterator[Stack]:
    """All of Parley, with a sandbox that answers at once."""
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        stack = Stack(Path(folder), {"SANDBOX_LATENCY_SECONDS": "0", "LOG_LEVEL": "WARNING"})
        stack.start()
        try:
            yield stack
        finally:
            stack.stop()


def signed_in_people(stack: Stack, number: int) -> list[str]:
    """Session keys. In a process of its own, since this one has no settings."""
    command = [sys.executable, "-m", "tests.bench.people", str(number)]
    environment = stack.environment | {"SANDBOX_URL": stack.sandbox_url}
    made = subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, capture_output=True, text=True)
    return made.stdout.split()


async def row(stack: Stack, version: str, sessions: list[str], seconds: float) -> str:
    upstream = await seconds_of_the_upstream(stack.sandbox_url, MODELS[version])
    browsers = [
        Browser(host="127.0.0.1", port=stack.port, session=session, model=MODELS[version], words=WORDS)
        for session in sessions
    ]
    await asyncio.gather(*(browser.turn() for browser in browsers))  # warm
    before = cpu_of(stack)
    started = time.perf_counter()
    times = [
        t for batch in await asyncio.gather(*(keep_talking(b, started + seconds) for b in browsers)) for t in batch
    ]
    elapsed = time.perf_counter() - started
    spent = {name: (after - before[name]) * 1000 / len(times) for name, after in cpu_of(stack).items()}
    added = [(t - upstream) * 1000 for t in times]
    cuts = statistics.quantiles(added, n=100) if len(added) > 1 else [added[0]] * 99
    cpu = ", ".join(f"{name} {milliseconds:.1f}" for name, milliseconds in spent.items())
    return (
        f"{version:4} {len(sessions):5} {len(times) / elapsed:8.1f} {cuts[49]:8.1f} {cuts[94]:8.1f} {cuts[98]:8.1f}"
        f"   {cpu}; {memory_of(stack)}"
    )


async def keep_talking(browser: Browser, until: float) -> list[float]:
    times = []
    while time.perf_counter() < until:
        times.append(await browser.turn())
    return times


def processes_of(stack: Stack) -> dict[str, list[psutil.Process]]:
    """The processes of each part; Granian and PostgreSQL are families."""
    leaders = {"web": "config.asgi", "worker": "manage.py worker", "database": "postgres", "sandbox": "tests.sandbox"}
    families = {name: stack.program(word) for name, word in leaders.items()}
    return {name: [leader, *leader.children(recursive=True)] for name, leader in families.items()}


def cpu_of(stack: Stack) -> dict[str, float]:
    """CPU seconds spent so far by each part."""
    spent = {}
    for name, processes in processes_of(stack).items():
        spent[name] = sum(sum(process.cpu_times()[:4]) for process in processes)
    return spent


def memory_of(stack: Stack) -> str:
    """Resident megabytes of web and worker."""
    parts = processes_of(stack)
    return ", ".join(
        f"{name} {sum(p.memory_info().rss for p in parts[name]) / 1e6:.0f} MB" for name in ("web", "worker")
    )


if __name__ == "__main__":
    main()
