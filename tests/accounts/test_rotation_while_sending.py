"""10,000 keys are sealed anew while people send: killed half-way, resumed, finished; nobody notices."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.run import BASE_DIR
from tests.accounts.ten_thousand import NUMBER
from tests.bench.browser import Browser, TurnFailed
from tests.databases import database_of_a_site
from tests.sandbox.running import wait_until
from tests.stack import Stack

UNDER = "SELECT id, ciphertext FROM accounts_apikey WHERE substr(ciphertext, 3, 2) = %s"


@pytest.fixture
def site(postgres: str, new_var_dir: Path) -> Iterator[Stack]:
    """A site of its own: its keyring is changed, and it is not set up in a browser."""
    stack = Stack(new_var_dir, {"DATABASE_URL": database_of_a_site(postgres, "parley_rotation")})
    stack.start()
    yield stack
    stack.stop()


@dataclass
class Sender:
    """Somebody who sends one message after another, for as long as the test lasts."""

    session: str
    port: int
    turns: int = 0
    failures: list[str] = field(default_factory=list)
    is_done: bool = False

    async def send(self) -> None:
        browser = Browser(port=self.port, session=self.session, model="llama-v3-8b-instruct", words="Hello")
        while not self.is_done:
            try:
                await browser.turn()
                self.turns += 1
            except TurnFailed as failure:
                self.failures.append(str(failure))
        await browser.leave()

    def goes_on(self) -> None:
        """Wait for two more turns: one may have begun before."""
        before = self.turns
        wait_until(lambda: self.turns >= before + 2 or self.failures, seconds=60)
        assert self.failures == []


@contextmanager
def sending(session: str, port: int) -> Iterator[Sender]:
    sender = Sender(session, port)
    thread = threading.Thread(target=lambda: asyncio.run(sender.send()))
    thread.start()
    try:
        yield sender
    finally:
        sender.is_done = True
        thread.join(60)


def environment(stack: Stack) -> dict[str, str]:
    own = {"DJANGO_SETTINGS_MODULE": "config.settings", "SANDBOX_URL": stack.sandbox_url, "HTTPS": "off"}
    return stack.environment | own


def run(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=BASE_DIR, env=environment(stack), text=True, capture_output=True, check=False)


def rotate(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(stack, "manage.py", "rotate_keyring", *arguments)


def ten_thousand(stack: Stack, action: str) -> dict[str, Any]:
    done = run(stack, "-m", "tests.accounts.ten_thousand", action)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_ten_thousand_keys_are_rotated_while_sending(site: Stack) -> None:
    sender = ten_thousand(site, "make")
    with (
        psycopg.connect(site.variables["DATABASE_URL"], autocommit=True) as database,
        sending(sender["session"], site.port) as people,
    ):

        def under(key_id: str) -> dict[Any, bytes]:
            return dict(database.execute(UNDER, [key_id.encode()]).fetchall())

        people.goes_on()
        assert rotate(site, "add").stdout.startswith("Added k2.")
        killed_half_way(site, lambda: len(under("k2")))
        half = under("k2")
        assert 0 < len(half) < NUMBER
        people.goes_on()

        refused = rotate(site, "drop", "k1")
        assert refused.returncode == 1
        assert f"{len(under('k1'))} API keys or webhooks are still sealed under k1." in refused.stderr

        finished = rotate(site)
        assert (finished.returncode, under("k1")) == (0, {})
        assert "k1: 0 API keys and webhooks\n" in finished.stdout
        # What was done before the kill was not touched again.
        assert half.items() <= under("k2").items()
        people.goes_on()
        assert rotate(site, "drop", "k1").returncode == 0
        people.goes_on()
    assert people.failures == []
    found = ten_thousand(site, "check")
    assert found == {"open": NUMBER, "recognised": NUMBER, "sealed_once": NUMBER}


def killed_half_way(stack: Stack, done: Any) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "rotate_keyring"],
        cwd=BASE_DIR,
        env=environment(stack),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: done() > NUMBER / 5, seconds=60)
    process.kill()
    process.wait()
