"""Database, sandbox, webs and workers, each a process of its own that a test can end and start again.

`make run` ends everything when one of its programs ends; here that is just the point. Webs and workers are started by
the lines of the Procfile, as everywhere.
"""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config import secret_files
from config.run import BASE_DIR, free_port, production_commands
from config.supervisor import kill_group
from tests import prepared
from tests.own_database import OwnDatabase
from tests.prepared import OF_THE_TESTS
from tests.sandbox.running import start_sandbox


@dataclass
class Part:
    """One of the programs, in a process group of its own. A web has a port."""

    name: str
    process: subprocess.Popen[bytes]
    port: int = 0

    @property
    def family(self) -> list[psutil.Process]:
        leader = psutil.Process(self.process.pid)
        return [leader, *leader.children(recursive=True)]

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL, to all of it at once."""
        kill_group(self.process.pid)
        self.process.wait()

    def terminate(self) -> None:
        """SIGTERM, as a deployment does. Returns at once."""
        self.process.terminate()

    def halt(self) -> None:
        """SIGSTOP: it does nothing more, and keeps all that it holds."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)


@dataclass
class Cast(OwnDatabase):
    """All the programs of one site, with their data in `folder`. `variables` are added to the environment of each."""

    variables: dict[str, str] = field(default_factory=dict)
    webs: list[Part] = field(default_factory=list)
    workers: list[Part] = field(default_factory=list)
    starts: int = 0

    def __post_init__(self) -> None:
        self.sandbox_port = free_port()
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def environment(self) -> dict[str, str]:
        """Also what a program beside the site needs to work on its database."""
        inherited = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        own = {
            "ENV_FILE": os.devnull,
            "HTTPS": "off",
            "LOG_JSON": "off",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "PYTHONUNBUFFERED": "1",
            "SANDBOX_URL": self.sandbox_url,
            "VAR_DIR": str(self.folder),
        }
        return inherited | own | self.variables

    # --- Beginning and end ------------------------------------------------------
    def start(self, *, webs: int = 1, workers: int = 1, latency_seconds: float = 0.0) -> None:
        """Start everything; webs and workers need another second or two until they do anything."""
        secret_files.ensure_secret_key(self.folder / "secret_key")
        secret_files.ensure_keyring(self.folder / "keyring.json")
        prepared.give_static_files(self.folder)
        prepared.give_database(self.folder)
        self.start_database()
        self.sandbox = start_sandbox(port=self.sandbox_port, latency_seconds=latency_seconds)
        self.run_program("-m", "config.prepare")
        for _ in range(webs):
            self.start_web(free_port())
        for _ in range(workers):
            self.start_worker()

    def stop(self) -> None:
        for part in [*self.webs, *self.workers]:
            part.kill()
        if hasattr(self, "sandbox"):
            self.sandbox.stop()
        self._hang_up()
        self.stop_database()

    def run_program(self, *arguments: str) -> str:
        """Run Python beside the site to its end; what it has printed. Raises CalledProcessError."""
        command = [sys.executable, *arguments]
        run = subprocess.run(command, cwd=BASE_DIR, env=self.environment, check=True, stdout=subprocess.PIPE, text=True)
        return run.stdout

    # --- Programs ---------------------------------------------------------------
    def start_web(self, port: int) -> Part:
        self.webs.append(self._start("web", {"PORT": str(port)}, port))
        return self.webs[-1]

    def start_worker(self, **variables: str) -> Part:
        self.workers.append(self._start("worker", variables))
        return self.workers[-1]

    def replace(self, part: Part) -> Part:
        """Kill what is left of it and start another in its place, as a service manager would."""
        part.kill()
        if part in self.webs:
            self.webs.remove(part)
            return self.start_web(part.port)
        self.workers.remove(part)
        return self.start_worker()

    def _start(self, name: str, variables: dict[str, str], port: int = 0) -> Part:
        self.starts += 1
        with (self.folder / f"{name}-{self.starts:04}.log").open("wb") as log:
            process = subprocess.Popen(
                production_commands()[name],
                cwd=BASE_DIR,
                env=self.environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Part(name, process, port)
