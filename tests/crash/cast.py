"""Database, sandbox, web and workers, each a process of its own that a test can end and start again.

`make run` ends everything when one of its programs ends; here that is just the point. Web and worker are started by the
lines of the Procfile, as everywhere.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from config import embedded_postgres, secret_files
from config.processes import is_alive, living_after
from config.run import BASE_DIR, free_port, production_commands
from config.supervisor import kill_group
from tests import prepared
from tests.own_database import OwnDatabase
from tests.prepared import OF_THE_TESTS
from tests.sandbox.running import start_sandbox, wait_until

START_SECONDS = END_SECONDS = 60.0
GRACE_SECONDS = 3
# Leases and rounds as short as a busy machine allows, so that a test of a lost worker takes seconds.
QUICK = {
    "DELIVERY_LEASE_SECONDS": "2",
    "DELIVERY_RESCUE_SECONDS": "0.4",
    "WORKER_GRACE_SECONDS": str(GRACE_SECONDS),
    "DATABASE_POOL_MAX": "6",
    "LOG_LEVEL": "INFO",
}


@dataclass
class Part:
    """One of the programs, in a process group of its own."""

    name: str
    process: psutil.Process
    is_leaving: bool = False

    @property
    def is_running(self) -> bool:
        return is_alive(self.process)

    def kill(self) -> None:
        """SIGKILL, to all of it at once."""
        kill_group(self.process.pid)
        self.await_end()

    def terminate(self) -> None:
        """SIGTERM, as a deployment does. Returns at once."""
        self.is_leaving = True
        self.process.terminate()

    def await_end(self) -> None:
        assert not living_after(END_SECONDS, [self.process])
        with suppress(psutil.Error):
            self.process.wait(END_SECONDS)

    def halt(self) -> None:
        """SIGSTOP: it does nothing more, and keeps all that it holds."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)


@dataclass
class Cast(OwnDatabase):
    """All the programs of one site, with their data in `folder`."""

    workers: list[Part] = field(default_factory=list)
    running_web: Part | None = None
    nursery: subprocess.Popen[str] | None = None
    starts: int = 0

    def __post_init__(self) -> None:
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.points_folder = self.folder / "points"

    @property
    def environment(self) -> dict[str, str]:
        """Also what Backstage needs to work on this site's database."""
        inherited = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        own = {
            "DJANGO_SETTINGS_MODULE": "tests.crash.settings",
            "ENV_FILE": os.devnull,
            "FAIL_POINTS": str(self.points_folder),
            "HTTPS": "off",
            "LOG_JSON": "off",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            "SANDBOX_URL": self.sandbox_url,
            "VAR_DIR": str(self.folder),
        }
        return inherited | own | QUICK

    # --- Beginning and end ------------------------------------------------------
    def start(self) -> None:
        self.points_folder.mkdir()
        secret_files.ensure_secret_key(self.folder / "secret_key")
        secret_files.ensure_keyring(self.folder / "keyring.json")
        prepared.give_static_files(self.folder)
        prepared.give_database(self.folder)
        self.start_database()
        self.sandbox = start_sandbox(port=self.sandbox_port)
        subprocess.run([sys.executable, "-m", "config.prepare"], cwd=BASE_DIR, env=self.environment, check=True)
        self.make_ready()  # with a worker that `python manage.py worker` has started
        self.nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery"],
            cwd=BASE_DIR,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def make_ready(self) -> None:
        """Whatever the test before has ended runs again: one of each."""
        if self.database.poll() is not None:
            self.start_database()
        if self.sandbox.process.poll() is not None:
            self.start_sandbox()
        for worker in self.workers[:-1] + [worker for worker in self.workers[-1:] if worker.is_leaving]:
            worker.kill()
        self.workers = [worker for worker in self.workers if worker.is_running]
        if not self.workers:
            self.start_worker()
        if not self.running_web or not self.running_web.is_running:
            self.start_web()

    def stop(self) -> None:
        for part in [*self.workers, *filter(None, [self.running_web])]:
            part.kill()
        if self.nursery:
            self.nursery.communicate()
        self.sandbox.stop()
        self._hang_up()
        self.stop_database()

    # --- Programs ---------------------------------------------------------------
    def start_worker(self, **variables: str) -> Part:
        """Another worker. It needs about a second until it looks for replies; nothing waits for that."""
        worker = self._start("worker", variables) if variables or not self.nursery else self._be_born()
        self.workers.append(worker)
        return worker

    @property
    def web(self) -> Part:
        assert self.running_web
        return self.running_web

    @property
    def worker(self) -> Part:
        """The newest one."""
        return self.workers[-1]

    def kill_workers(self) -> None:
        while self.workers:
            self.workers.pop().kill()

    def retire(self, worker: Part) -> None:
        """SIGTERM, and wait until it has done what it still wants to."""
        self.workers.remove(worker)
        worker.terminate()
        worker.await_end()

    def start_web(self) -> None:
        if self.running_web:
            self.running_web.kill()  # its leader may have outlived the process that does the work
        self.running_web = self._start("web", {})
        wait_until(self._web_answers, START_SECONDS)

    def await_web_gone(self) -> None:
        """After a fail point has killed the process at work, Granian ends too."""
        self.web.await_end()

    def start_sandbox(self) -> None:
        self.sandbox = start_sandbox(port=self.sandbox_port)

    def release(self, calls: int = 1) -> None:
        """Let so many calls go on that the sandbox holds; it has to hold them first."""
        released = 0

        def all_released() -> bool:
            nonlocal released
            released += self.sandbox.release()
            return released >= calls

        wait_until(all_released, START_SECONDS)

    def kill_sandbox(self) -> None:
        """Segmind is gone, and so are the connections to it. Its ledger begins anew."""
        leader = psutil.Process(self.sandbox.process.pid)
        for process in [leader, *leader.children(recursive=True)]:
            process.kill()
        self.sandbox.stop()

    # --- Backups ------------------------------------------------------------------
    def back_up(self) -> None:
        """The database as it is now, while everything runs."""
        with self.backup.open("wb") as file:
            command = [self._tool("pg_dump"), "--format=custom", "--exclude-schema=crash", self.database_url]
            subprocess.run(command, stdout=file, check=True)

    def restore(self) -> None:
        """As docs/operating.md says: stop web and workers, put the backup in the place of the database, start."""
        self.kill_workers()
        self.web.kill()
        self.rows("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        command = [self._tool("pg_restore"), "--exit-on-error", f"--dbname={self.database_url}", str(self.backup)]
        subprocess.run(command, check=True)
        self.start_web()
        self.start_worker()

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    @staticmethod
    def _tool(name: str) -> str:
        return embedded_postgres._program(name)

    def _start(self, name: str, variables: dict[str, str]) -> Part:
        self.starts += 1
        with (self.folder / f"{name}-{self.starts:03}.log").open("wb") as log:
            process = psutil.Popen(
                production_commands()[name],
                cwd=BASE_DIR,
                env=self.environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Part(name, process)

    def _be_born(self) -> Part:
        """A worker, by the same line of the Procfile, out of a process that has loaded the code already."""
        assert self.nursery
        assert self.nursery.stdin
        assert self.nursery.stdout
        self.starts += 1
        command = shlex.split(production_commands()["worker"][-1].removeprefix("exec "))
        order = {"command": command, "log": str(self.folder / f"worker-{self.starts:03}.log")}
        self.nursery.stdin.write(json.dumps(order) + "\n")
        self.nursery.stdin.flush()
        return Part("worker", psutil.Process(int(self.nursery.stdout.readline())))

    def _web_answers(self) -> bool:
        assert self.web.is_running, self.log_of("web")
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).is_success
        except httpx.TransportError:
            return False
