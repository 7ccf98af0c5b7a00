"""`make run`: the whole of Parley on this machine - database, sandbox, web and worker - until Ctrl-C."""

import signal

if __name__ == "__main__":
    # Ctrl-C while the rest is loaded; later it is the supervisor's to handle.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import fcntl
import hashlib
import http.client
import os
import random
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import environ

from config import embedded_postgres, secret_files
from config.open_files import allow_many_open_files
from config.supervisor import Program, ProgramEnded, StopRequested, Supervisor, end_leftovers, say

BASE_DIR = Path(__file__).resolve().parent.parent
START_SECONDS = 60
DATABASE_STOP_SECONDS = 30
# What the worker takes to end after its last reply.
WORKER_FAREWELL_SECONDS = 10
# Linux begins at 32768, others at 49152.
NEVER_GIVEN = range(20_000, 32_000)
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


class CannotRun(Exception):
    """Why not, as a sentence for the person at the terminal."""


def main() -> int:
    """Returns the exit status: 0 after Ctrl-C, SIGTERM or SIGHUP, 1 after anything else."""
    allow_many_open_files()
    try:
        environment = read_environment()
        with only_run_in(Path(environment["VAR_DIR"])):
            run(environment)
    except StopRequested:
        return 0
    except (CannotRun, ProgramEnded, embedded_postgres.EmbeddedPostgresError) as error:
        print(f"\nParley stopped: {error}", file=sys.stderr, flush=True)
    return 1


def run(environment: dict[str, str]) -> None:
    """Start everything and wait. Raises ProgramEnded for the first to end, StopRequested; both after all is stopped."""
    record = Path(environment["VAR_DIR"]) / "run.json"
    supervisor = Supervisor(record)
    try:
        end_leftovers(record)
        require_free_port(environment["HOST"], environment["PORT"])
        start_everything(supervisor, environment)
        announce(environment)
        raise ProgramEnded(f"{supervisor.next_end()}, so the rest was stopped too.")
    except StopRequested:
        say("\nStopping.")
        raise
    finally:
        supervisor.stop_all()


def start_everything(supervisor: Supervisor, environment: dict[str, str]) -> None:
    make_secrets(environment)
    if not environment.get("DATABASE_URL"):
        start_database(supervisor, Path(environment["VAR_DIR"]))
    if not environment.get("SEGMIND_BASE_URL"):
        start_sandbox(supervisor, environment)
    prepare(supervisor, environment)
    commands = production_commands()
    supervisor.start("web", commands["web"], environment)
    grace = float(environment.get("WORKER_GRACE_SECONDS", "30")) + WORKER_FAREWELL_SECONDS
    supervisor.start("worker", commands["worker"], environment, stop_seconds=grace)
    wait_until_alive(supervisor, environment)


# --- What the programs need ---------------------------------------------------
def read_environment() -> dict[str, str]:
    """The variables for the programs: those set, those of `.env`, and what suits a run on one's own machine."""
    environ.Env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
    found = {"HOST": "127.0.0.1", "PORT": "8000", "HTTPS": "off", "LOG_JSON": "off"} | os.environ
    found["VAR_DIR"] = str(Path(found.get("VAR_DIR") or BASE_DIR / "var").absolute())
    found["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), found.get("PATH", os.defpath)])
    found["PYTHONUNBUFFERED"] = "1"
    if found.get("ALLOWED_HOSTS"):
        found["ALLOWED_HOSTS"] += ",localhost,127.0.0.1,[::1]"
    return found


def make_secrets(environment: dict[str, str]) -> None:
    if not environment.get("SECRET_KEY"):
        secret_files.ensure_secret_key(Path(environment["VAR_DIR"]) / "secret_key")
    if not environment.get("PARLEY_KEYRING"):
        secret_files.ensure_keyring(Path(environment["VAR_DIR"]) / "keyring.json")


def start_database(supervisor: Supervisor, var_dir: Path) -> None:
    server = embedded_postgres.start(var_dir)
    # SIGINT is PostgreSQL's quick shutdown; SIGTERM would wait for every psql that is still open.
    supervisor.watch("postgres", Program(server, signal.SIGINT, DATABASE_STOP_SECONDS, essential=True))


def start_sandbox(supervisor: Supervisor, environment: dict[str, str]) -> None:
    port = environment.get("SANDBOX_PORT") or str(free_port())
    environment["SANDBOX_URL"] = f"http://127.0.0.1:{port}"
    granian = "-m granian --interface asgi --host 127.0.0.1 --no-ws --log-level warning --backpressure 10000"
    command = [sys.executable, *granian.split(), "--port", port, "tests.sandbox.app:app"]
    supervisor.start("sandbox", command, environment)


def prepare(supervisor: Supervisor, environment: dict[str, str]) -> None:
    """Migrate and collect static files. Only asking whether that is due takes a second, so unchanged files spare it."""
    remembered = Path(environment["VAR_DIR"]) / "prepared"
    if (
        not environment.get("DATABASE_URL")
        and remembered.exists()
        and remembered.read_text() == fingerprint(environment)
    ):
        return
    supervisor.run("prepare", [sys.executable, "-m", "config.prepare"], environment)
    remembered.write_text(fingerprint(environment))


def fingerprint(environment: dict[str, str]) -> str:
    """Changes with our code, the packages, the database cluster and what was collected from them."""
    var_dir = Path(environment["VAR_DIR"])
    ours = [file for folder in ("accounts", "chat", "config", "static") for file in (BASE_DIR / folder).rglob("*.*")]
    others = [BASE_DIR / "requirements/base.txt", var_dir / "postgres/PG_VERSION", var_dir / "static/staticfiles.json"]
    digest = hashlib.sha256()
    for file in sorted(file for file in [*ours, *others] if file.suffix != ".pyc" and file.exists()):
        status = file.stat()
        digest.update(f"{file} {status.st_size} {status.st_mtime_ns} {status.st_ino}\n".encode())
    return digest.hexdigest()


def production_commands() -> dict[str, list[str]]:
    """The lines of the Procfile, by name: what runs here is what runs in production."""
    lines = [line.split(":", 1) for line in (BASE_DIR / "Procfile").read_text().splitlines() if ":" in line]
    return {name: ["/bin/sh", "-c", f"exec {command}"] for name, command in lines}


def wait_until_alive(supervisor: Supervisor, environment: dict[str, str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(environment):
        ended = supervisor.next_end(seconds=0.05)
        if ended:
            raise ProgramEnded(f"{ended} while starting.")
        if time.monotonic() > deadline:
            raise CannotRun(f"the web server did not answer within {START_SECONDS} seconds.")


def answers(environment: dict[str, str]) -> bool:
    connection = http.client.HTTPConnection(reachable_host(environment), int(environment["PORT"]), timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    return False


def announce(environment: dict[str, str]) -> None:
    host = reachable_host(environment)
    address = f"http://{f'[{host}]' if ':' in host else host}:{environment['PORT']}/"
    lines = [f"Parley is ready at {address}", "Ctrl-C stops it."]
    if environment.get("SANDBOX_URL"):
        lines.insert(1, "A sandbox answers in place of Segmind; nothing is billed.")
    rule = "=" * (max(map(len, lines)) + 4)
    say("\n".join(["", rule, *(f"  {line}" for line in lines), rule, ""]))


def reachable_host(environment: dict[str, str]) -> str:
    host = environment["HOST"]
    return "127.0.0.1" if host in EVERY_ADDRESS else host


# --- One run at a time --------------------------------------------------------
@contextmanager
def only_run_in(var_dir: Path) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it however this process ends. Raises CannotRun."""
    var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (var_dir / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"it is running already, with its data in {var_dir}.") from None
        yield


def require_free_port(host: str, port: str) -> None:
    """Raises CannotRun."""
    if not port.isdecimal():
        raise CannotRun(f"PORT is {port!r}, but has to be a number.")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CannotRun(f"it can't listen on {host} port {port} ({reason}); PORT=8001 chooses another.") from None


def free_port() -> int:
    """One that stays free for a while: not of those that systems give to connections going out."""
    while True:
        port = random.choice(NEVER_GIVEN)  # noqa: S311 - any will do
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


if __name__ == "__main__":
    sys.exit(main())
