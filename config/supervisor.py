"""Runs programs side by side for `make run`: shows their output, notices which one ends, stops them all.

Everything that happens, an ended program as well as a signal, arrives in one queue, so nothing is interrupted halfway.
"""

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType

import psutil

from config.processes import living_after

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# One Ctrl-C can arrive twice: from the terminal, and passed on by make.
SAME_SIGNAL_SECONDS = 1.0
LAST_OUTPUT_SECONDS = 1.0
HURRIED_SECONDS = 2.0
# By how much the time of a start may seem another one later: systems tell it from a clock that is set right meanwhile.
CLOCK_SECONDS = 2.0


class ProgramEnded(Exception):
    """One that should not have; the message names it."""


class StopRequested(Exception):
    """Ctrl-C or another signal of STOP_SIGNALS."""


@dataclass(frozen=True)
class Ended:
    """A program that ended, and its exit status (negative: the signal that killed it)."""

    name: str
    status: int

    def __str__(self) -> str:
        if self.status < 0:
            return f"{self.name} was killed by {signal.Signals(-self.status).name}"
        return f"{self.name} ended with status {self.status}"


@dataclass(frozen=True)
class Program:
    """`essential`: without it the others can't finish their work, so there is no use in waiting for them."""

    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    stop_seconds: float
    essential: bool = False


class Supervisor:
    """Programs are stopped in the reverse order of their start. `record` tells a next run which ones were started."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._running: dict[str, Program] = {}
        self._recorded: list[int] = []
        self._outputs: list[threading.Thread] = []
        self._events: SimpleQueue[Ended | None] = SimpleQueue()
        self._last_signal = float("-inf")
        for number in STOP_SIGNALS:
            # Started under nohup, it shall outlive its terminal.
            if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN):
                signal.signal(number, self._note_signal)

    def start(self, name: str, command: list[str], environment: dict[str, str], *, stop_seconds: float = 10.0) -> None:
        """Start a program in a process group of its own, so that the terminal's Ctrl-C reaches us alone."""
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._outputs.append(threading.Thread(target=show_output, args=(name, process), daemon=True))
        self._outputs[-1].start()
        self._recorded.append(process.pid)
        write_record(self._record, self._recorded)
        self.watch(name, Program(process, signal.SIGTERM, stop_seconds))

    def run(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        """Run a program to its end. Raises ProgramEnded if it, or another program meanwhile, failed; StopRequested."""
        self.start(name, command, environment)
        ended = self.next_end()
        if ended != Ended(name, 0):
            raise ProgramEnded(f"{ended} while starting.")
        del self._running[name]

    def watch(self, name: str, program: Program) -> None:
        """Take in a program that runs already. It goes unrecorded: a next run has to know by itself how to end it."""
        self._running[name] = program
        threading.Thread(target=self._await_end, args=(name, program.process), daemon=True).start()

    def next_end(self, seconds: float | None = None) -> Ended | None:
        """The next program to end; None after `seconds` without one. Raises StopRequested."""
        try:
            event = self._events.get(timeout=seconds)
        except Empty:
            return None
        if event is None:
            raise StopRequested
        return event

    def stop_all(self) -> None:
        """Ask each program to end, kill what is left of it when its time is up. Another Ctrl-C ends the patience."""
        patient = not any(
            program.essential and program.process.poll() is not None for program in self._running.values()
        )
        for name in reversed(list(self._running)):
            program = self._running.pop(name)
            with suppress(ProcessLookupError):
                program.process.send_signal(program.stop_signal)
            patient = self._await_in_turn(program, program.stop_seconds if patient else HURRIED_SECONDS) and patient
            # Also when it ended by itself: a server that was killed leaves its workers behind.
            kill_group(program.process.pid)
        for output in self._outputs:
            output.join(LAST_OUTPUT_SECONDS)
        self._record.unlink(missing_ok=True)

    def _await_in_turn(self, program: Program, seconds: float) -> bool:
        """Wait for the program for so long. False if the person asked a second time."""
        deadline = time.monotonic() + seconds
        while program.process.poll() is None and time.monotonic() < deadline:
            try:
                self.next_end(deadline - time.monotonic())
            except StopRequested:
                return False
        return True

    def _await_end(self, name: str, process: subprocess.Popen[bytes]) -> None:
        self._events.put(Ended(name, process.wait()))

    def _note_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._last_signal > SAME_SIGNAL_SECONDS:
            self._events.put(None)
        self._last_signal = now


def show_output(name: str, process: subprocess.Popen[bytes]) -> None:
    """Copy a program's lines to ours, each under its name."""
    assert process.stdout is not None
    for line in process.stdout:
        say(f"{name:>8} | {line.decode(errors='replace').rstrip()}")


def say(text: str) -> None:
    """Print; or nothing, when the terminal is gone: whoever reads programs' output has to go on, or they halt."""
    with suppress(OSError):
        print(text, flush=True)


def kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def write_record(record: Path, numbers: list[int]) -> None:
    """Process numbers are used again, so each is kept with the time its process started."""
    started = {}
    for number in numbers:
        with suppress(psutil.NoSuchProcess):
            started[number] = psutil.Process(number).create_time()
    record.write_text(json.dumps(started))


def end_leftovers(record: Path) -> None:
    """Kill the programs of a run that was itself killed. They would hold its port and work on with its old code."""
    if not record.exists():
        return
    with suppress(json.JSONDecodeError):
        for number, started in json.loads(record.read_text()).items():
            with suppress(psutil.NoSuchProcess):
                end_leftover(psutil.Process(int(number)), started)
    record.unlink()


def end_leftover(process: psutil.Process, started: float) -> None:
    if abs(process.create_time() - started) > CLOCK_SECONDS:
        return
    family = [process, *process.children(recursive=True)]
    kill_group(process.pid)
    living_after(HURRIED_SECONDS, family)
