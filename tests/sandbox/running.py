"""The stand-in as a process of its own, for tests: started on a free port, steered through its control address."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from config.run import free_port

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0
STARTS = 3


class RunningSandbox:
    """A started stand-in: `base_url` is what SEGMIND_BASE_URL should be."""

    def __init__(self, base_url: str, process: subprocess.Popen[bytes]) -> None:
        self.base_url = base_url
        self.process = process
        self.control = httpx.Client(base_url=f"{base_url}/control", timeout=30.0)

    @staticmethod
    def new_key() -> str:
        """A key that works here, with an account of its own and 25 credits."""
        return f"SG_5a{secrets.token_hex(7)}"

    def queue_fault(self, fault: str, **where: object) -> None:
        """The next calls (`times`, of `key`, of `slug`, `on` post, status, result or balance) get this fault."""
        self._post("faults", {"fault": fault, **where})

    def clear_faults(self) -> None:
        self.control.delete("/faults").raise_for_status()

    def set_account(self, key: str, **fields: object) -> dict[str, Any]:
        return self._post("accounts", {"key": key, **fields})

    def account(self, key: str) -> dict[str, Any]:
        return self._get("accounts", key=key)

    def ledger(self, **filters: str | int) -> dict[str, Any]:
        """Totals and rows; filters: key, slug, state, prompt, after, limit."""
        return self._get("ledger", **filters)

    def set_latency(self, seconds: float) -> None:
        self._post("latency", {"seconds": seconds})

    def release(self, key: str = "") -> int:
        """Let held calls (`sandbox:hold`) go on."""
        released: int = self._post("release", {"key": key})["released"]
        return released

    def reset(self) -> None:
        self._post("reset", {})

    def stop(self) -> None:
        """End the process and wait until it is gone."""
        self.control.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def _get(self, name: str, **query: str | int) -> dict[str, Any]:
        return self._read(self.control.get(f"/{name}", params=query))

    def _post(self, name: str, fields: dict[str, object]) -> dict[str, Any]:
        return self._read(self.control.post(f"/{name}", json=fields))

    @staticmethod
    def _read(response: httpx.Response) -> dict[str, Any]:
        answer: dict[str, Any] = response.raise_for_status().json()
        return answer


def start_sandbox(*, port: int = 0, latency_seconds: float = 0.0) -> RunningSandbox:
    """Start the stand-in on `port` (0: any free one) and wait until it answers. Raises RuntimeError if it does not."""
    for _ in range(1 if port else STARTS):
        chosen = port or free_port()
        process = subprocess.Popen(
            command(chosen),
            cwd=PROJECT,
            env={**os.environ, "SANDBOX_LATENCY_SECONDS": str(latency_seconds)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        running = RunningSandbox(f"http://127.0.0.1:{chosen}", process)
        if _answers(running):
            return running
        running.stop()
    raise RuntimeError("the sandbox did not start")


def command(port: int) -> list[str]:
    """The command line. The time-out ends calls that never answer (`sandbox:silent`) when the server stops."""
    server = "-m granian --interface asgi --workers-kill-timeout 1 --backpressure 10000"
    return [sys.executable, *server.split(), "--port", str(port), "tests.sandbox.app:app"]


def _answers(running: RunningSandbox) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            return running.control.get("/ledger").is_success
        time.sleep(0.02)
    return False


@contextlib.contextmanager
def running_sandbox(*, latency_seconds: float = 0.0) -> Iterator[RunningSandbox]:
    running = start_sandbox(latency_seconds=latency_seconds)
    try:
        yield running
    finally:
        running.stop()


def wait_until[Found](find: Callable[[], Found | None], seconds: float = 10.0) -> Found:
    """Ask again and again until the answer is true, and return it. Raises AssertionError when time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := find():
            return found
        time.sleep(0.01)
    raise AssertionError("waited in vain")
