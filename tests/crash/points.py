"""The tests' side of chat/fail_points.py."""

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.sandbox.running import wait_until

ACTIONS = ("kill", "pause", "raise")
REACH_SECONDS = 40.0


@dataclass
class FailPoints:
    """What shall happen at which point. `fired` names all points that did what was asked, in the whole session."""

    folder: Path
    armed: list[str] = field(default_factory=list)
    fired: set[str] = field(default_factory=set)

    def kill(self, name: str) -> None:
        """The next process that comes to this point kills itself."""
        self._arm(name, "kill")

    def pause(self, name: str) -> None:
        """The next process that comes to this point halts, until `resume`."""
        self._arm(name, "pause")

    def break_database(self, name: str) -> None:
        """The next process that comes to this point gets an OperationalError, once."""
        self._arm(name, "raise")

    def await_fired(self, name: str) -> int:
        """Wait until a process has done what was asked of it there. Its number."""
        return wait_until(lambda: self._fired_by(name), REACH_SECONDS)

    def await_halted(self, name: str) -> psutil.Process:
        process = psutil.Process(self.await_fired(name))
        wait_until(lambda: process.status() == psutil.STATUS_STOPPED, REACH_SECONDS)
        return process

    @staticmethod
    def resume(process: psutil.Process) -> None:
        os.kill(process.pid, signal.SIGCONT)

    def await_rounds_of_rescue(self, number: int) -> None:
        """So many more rounds begin, which takes time: a lease may run out in it."""
        before = self.times_reached("rescuing")
        wait_until(lambda: self.times_reached("rescuing") >= before + number, REACH_SECONDS)

    def times_reached(self, name: str) -> int:
        """How often any process came by, since the beginning."""
        reached = self.folder / f"{name}.reached"
        return len(reached.read_text().splitlines()) if reached.exists() else 0

    def clear(self) -> None:
        """Before the next test. Nobody may still be halted, and nothing may stay asked for."""
        for file in self.folder.iterdir():
            if not file.name.endswith(".reached"):
                file.unlink()
        self.armed.clear()

    @property
    def not_fired(self) -> list[str]:
        """The points of this test that nobody came to: such a test has shown nothing."""
        return [name for name in self.armed if not self._fired_by(name)]

    def _arm(self, name: str, action: str) -> None:
        self.armed.append(name)
        (self.folder / f"{name}.{action}").touch()

    def _fired_by(self, name: str) -> int | None:
        for action in ACTIONS:
            for file in self.folder.glob(f"{name}.{action}.*"):
                self.fired.add(name)
                return int(file.suffix[1:])
        return None
