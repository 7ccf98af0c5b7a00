"""What a site needs before it serves, made once for all sides of a test run, and copied to each site.

A database as the migrations leave it, and static files hashed and compressed: to make them takes ten seconds.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from config import embedded_postgres, secret_files
from config.run import BASE_DIR

# PostgreSQL settings for data that nobody will miss.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# What the tests' own settings have put into the environment, and a running site must not see.
OF_THE_TESTS = ("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "DATABASE_URL", "SEGMIND_BASE_URL", "VAR_DIR")
# Where a test run keeps it; None means that each site makes its own.
kept_in: Path | None = None


def give_static_files(var_dir: Path) -> None:
    """To a site that has none yet."""
    if kept_in and not (var_dir / "static").exists():
        make_once(kept_in)
        shutil.copytree(kept_in / "static", var_dir / "static")
        shutil.copyfile(kept_in / "static.digest", var_dir / "static.digest")


def give_database(var_dir: Path) -> None:
    """To a site that has none yet, and is not running."""
    if kept_in and not (var_dir / "postgres").exists():
        make_once(kept_in)
        # It belongs to the account that the server runs under.
        subprocess.run(["cp", "-a", kept_in / "postgres", var_dir / "postgres"], check=True)


def make_once(folder: Path) -> None:
    """Whoever comes first makes it, the others wait."""
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "static.digest").exists():  # the last thing to be written
            make(folder)


def make(folder: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
    own = {"ENV_FILE": os.devnull, "HTTPS": "off", "VAR_DIR": str(folder)}
    secret_files.ensure_secret_key(folder / "secret_key")
    secret_files.ensure_keyring(folder / "keyring.json")
    with embedded_postgres.running(folder, **CARELESS):
        command = [sys.executable, "-m", "config.prepare"]
        subprocess.run(command, cwd=BASE_DIR, env=inherited | own, check=True, stdout=subprocess.DEVNULL)
