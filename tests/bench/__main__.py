"""`make bench`: what Parley adds to the upstream's own time, how many turns it carries, and what that takes.

Everything runs on this machine: sandbox without latency, database, web, worker and the load itself. Bounded: each row
is little more than --seconds long. Time added is from the POST to the finished fragment, less the median of the same
call made straight to the sandbox. Nobody's key is paced, so that pacing is not what is measured.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from config.run import BASE_DIR
from tests.bench.browser import Browser
from tests.bench.in_flight import WORDS as HELD_WORDS
from tests.bench.in_flight import InFlight, in_flight
from tests.bench.processes import ByPart, megabytes
from tests.bench.turns import HEADINGS, Row, row
from tests.bench.upstream import seconds_of_the_upstream
from tests.people import Account, accounts_from
from tests.stack import Stack

USERS = (1, 10, 50, 200)
IN_FLIGHT = 1000
SECONDS = 8.0
MODELS = {"v1": "llama-v3-8b-instruct", "v2": "claude-3-haiku"}
WORDS = "Say hello in a few words."


@dataclass
class Measured:
    """All of one run, for the table and for --json."""

    machine: str = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    memory_at_rest: ByPart = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    in_flight: list[InFlight] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return sum(row.failed for row in self.rows) + sum(held.failed for held in self.in_flight)


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 1 if a turn has failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--users", type=int, nargs="+", default=USERS)
    options.add_argument("--seconds", type=float, default=SECONDS)
    options.add_argument("--versions", nargs="+", choices=MODELS, default=list(MODELS))
    options.add_argument("--in-flight", type=int, default=IN_FLIGHT, help="0 leaves this part out")
    options.add_argument("--json", type=Path, help="a file for the numbers, to compare with another run's")
    chosen = options.parse_args(arguments)
    with running_stack() as stack:
        measured = measure(stack, chosen.users, chosen.seconds, chosen.versions, chosen.in_flight)
    if chosen.json:
        chosen.json.write_text(json.dumps(asdict(measured), indent=2) + "\n")
    return 1 if measured.failed else 0


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


def measure(stack: Stack, users: list[int], seconds: float, versions: list[str], held: int) -> Measured:
    """Measure and print, line by line. `held`: how many replies are to be in flight at once."""
    measured = Measured(memory_at_rest=megabytes(stack))
    print(f"{measured.machine}; all of it, and the load itself, on this machine")
    print("at rest: " + ", ".join(f"{name} {taken:.0f} MB" for name, taken in measured.memory_at_rest.items()))
    accounts = new_accounts(stack, max(users))
    print(HEADINGS)
    for version in versions:
        upstream = asyncio.run(seconds_of_the_upstream(stack.sandbox_url, MODELS[version]))
        for number in users:
            browsers = browsers_of(stack, accounts, number, version, WORDS)
            measured.rows.append(asyncio.run(row(stack, version, browsers, upstream=upstream, seconds=seconds)))
            print(measured.rows[-1], flush=True)
    for version in versions if held else []:
        browsers = browsers_of(stack, accounts, held, version, HELD_WORDS)
        measured.in_flight.append(asyncio.run(in_flight(stack, version, browsers)))
        print(measured.in_flight[-1], flush=True)
    return measured


def new_accounts(stack: Stack, number: int) -> list[Account]:
    """Made by a process of its own, since this one has no settings."""
    command = [sys.executable, "-m", "tests.people", str(number)]
    environment = stack.environment | {"SANDBOX_URL": stack.sandbox_url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    made = subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return accounts_from(made.stdout)


def browsers_of(stack: Stack, accounts: list[Account], number: int, version: str, words: str) -> list[Browser]:
    """So many browsers; where there are fewer people, some of them have several."""
    sessions = [accounts[index % len(accounts)].session for index in range(number)]
    return [Browser(port=stack.port, session=session, model=MODELS[version], words=words) for session in sessions]


if __name__ == "__main__":
    sys.exit(main())
