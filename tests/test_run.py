"""`make run` as a person meets it: real processes, real signals."""

import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest

from config.processes import living_after
from tests.stack import Stack

type Start = Callable[[], Stack]


@pytest.fixture(scope="module")
def used_var_dir(tmp_path_factory: pytest.TempPathFactory, var_dir: Path) -> Path:
    """The folder that all these runs use one after the other: what the first one made, the next ones find."""
    return var_dir / "run"


@pytest.fixture
def start(used_var_dir: Path) -> Iterator[Start]:
    """Start the whole site. What a failed test leaves running is killed."""
    started: list[psutil.Process] = []

    def start_stack() -> Stack:
        stack = Stack(used_var_dir)
        stack.start()
        started.extend(everything(stack))
        return stack

    yield start_stack
    for process in living_after(0, started):
        process.kill()


def everything(stack: Stack) -> list[psutil.Process]:
    supervisor = psutil.Process(stack.process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def run_to_its_end(stack: Stack) -> subprocess.CompletedProcess[str]:
    """For a start that has to fail."""
    stack.var_dir.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "config.run"]
    return subprocess.run(command, env=stack.environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_starts_from_nothing(new_var_dir: Path) -> None:
    stack = Stack(new_var_dir, from_nothing=True)
    stack.start()
    try:
        assert httpx.get(f"{stack.url}/healthz").json() == {"alive": True}
    finally:
        assert stack.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_everything_without_a_traceback(start: Start, number: signal.Signals) -> None:
    stack = start()
    processes = everything(stack)
    assert httpx.get(f"{stack.url}/healthz").json() == {"alive": True}
    assert {"postgres", "sandbox", "granian", "manage.py worker"} <= {word for word in PROGRAMS if stack.program(word)}
    stack.process.send_signal(number)
    assert stack.process.wait(30) == 0
    assert living_after(5, processes) == []
    assert "Traceback" not in stack.log.read_text()


PROGRAMS = ("postgres", "sandbox", "granian", "manage.py worker")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("manage.py worker", "worker"),
        ("config.asgi", "web"),
        ("tests.sandbox", "sandbox"),
        ("bin/postgres", "postgres"),
    ],
)
def test_program_that_dies_takes_the_rest_down_and_is_named(start: Start, word: str, name: str) -> None:
    stack = start()
    processes = everything(stack)
    stack.program(word).kill()
    assert stack.process.wait(30) == 1
    assert living_after(5, processes) == []
    assert f"Parley stopped: {name} was killed by SIGKILL, so the rest was stopped too." in stack.log.read_text()


def test_start_after_a_kill_ends_what_was_left_over(start: Start) -> None:
    killed = start()
    left_over = [process for process in everything(killed) if process.pid != killed.process.pid]
    killed.process.kill()
    killed.process.wait()
    again = replace(killed)
    again.start()
    assert living_after(5, left_over) == []
    assert httpx.get(f"{again.url}/healthz").status_code == 200
    assert again.stop() == 0


def test_second_run_on_the_same_data_is_refused(start: Start) -> None:
    stack = start()
    second = run_to_its_end(Stack(stack.var_dir))
    assert second.returncode == 1
    assert second.stderr.strip() == f"Parley stopped: it is running already, with its data in {stack.var_dir}."
    assert stack.stop() == 0


def test_secrets_are_private_and_kept(start: Start) -> None:
    stack = start()
    secrets = [stack.var_dir / "secret_key", stack.var_dir / "keyring.json"]
    before = [file.read_bytes() for file in secrets]
    assert [stat.S_IMODE(file.stat().st_mode) for file in secrets] == [0o600, 0o600]
    stack.stop()
    again = start()
    assert [file.read_bytes() for file in secrets] == before
    assert "Collecting static files" not in again.log.read_text()
    again.stop()


def test_busy_port_is_one_sentence(new_var_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupant:
        port = occupant.getsockname()[1]
        run = run_to_its_end(Stack(new_var_dir, port=port))
    assert run.returncode == 1
    expected = (
        f"Parley stopped: it can't listen on 127.0.0.1 port {port} (Address already in use); PORT=8001 chooses another."
    )
    assert run.stderr.strip() == expected
    assert not (new_var_dir / "postgres").exists()


@pytest.mark.parametrize("port", ["eighty", "", "-1", "80000"])
def test_impossible_port_is_one_sentence(new_var_dir: Path, port: str) -> None:
    run = run_to_its_end(Stack(new_var_dir, {"PORT": port}))
    assert run.returncode == 1
    assert run.stderr.strip().startswith("Parley stopped: ")
    assert len(run.stderr.strip().splitlines()) == 1


def test_database_that_does_not_answer_is_named_and_everything_stops(new_var_dir: Path) -> None:
    stack = Stack(new_var_dir, {"DATABASE_URL": f"postgres://nobody@/nothing?host={new_var_dir}"})
    run = run_to_its_end(stack)
    assert run.returncode == 1
    assert "Parley stopped: prepare ended with status 1 while starting." in run.stderr
