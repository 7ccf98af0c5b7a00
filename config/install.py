"""`python3 config/install.py base` (or dev): makes .venv from the locked, hashed requirements, unless it is up to date.

With `locks` it resolves those requirements anew.

Needs a python3 from 3.8 on and its standard library. uv, which does the work, is fetched with pip if it is missing.
"""

from __future__ import annotations

import signal

if __name__ == "__main__":
    # Ctrl-C while packages are fetched is no error of ours to print.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
VENV = BASE_DIR / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "parley-installed.json"
OWN_UV = BASE_DIR / "var" / "uv"
OLDEST_PYTHON = ">=3.12"


def main(wanted: str) -> None:
    """Install the `base` or the `dev` requirements. dev includes base, and is left alone when base is asked for."""
    if installed() in ([wanted, digest()], ["dev", digest()]):
        return
    # As root the database runs under an account of its own, which has to read what is installed here.
    os.umask(0o022)
    uv = find_uv() or fetch_uv()
    make_environment(uv)
    STAMP.unlink(missing_ok=True)
    requirements = BASE_DIR / "requirements" / f"{wanted}.txt"
    options = ["--require-hashes", "--compile-bytecode", "--python", str(VENV_PYTHON)]
    if not succeeds(uv, "pip", "sync", *options, str(requirements)):
        sys.exit("The packages could not be installed; uv has said why above.")
    STAMP.write_text(json.dumps([wanted, digest()]))


def installed() -> list[str]:
    """What the last complete installation was: its name and digest."""
    if not STAMP.exists():
        return []
    stamp: list[str] = json.loads(STAMP.read_text())
    return stamp


def digest() -> str:
    files = sorted((BASE_DIR / "requirements").glob("*.txt"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


# --- Python -------------------------------------------------------------------
def make_environment(uv: str) -> None:
    """An environment with the Python of .python-version, or with another one that is new enough."""
    if VENV_PYTHON.exists() and succeeds(str(VENV_PYTHON), "-c", "", quiet=True):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    preferred = (BASE_DIR / ".python-version").read_text().strip()
    if succeeds(uv, "venv", "--python", preferred, str(VENV), quiet=True):
        return
    if not succeeds(uv, "venv", "--python", OLDEST_PYTHON, "--no-python-downloads", str(VENV)):
        sys.exit(f"Parley needs Python {preferred}: it is not installed, and could not be downloaded.")


# --- uv -----------------------------------------------------------------------
def find_uv() -> str | None:
    """A uv that works. A version manager's stand-in on the PATH may be there and still refuse to."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    candidates = [str(folder / "uv") for folder in [*folders, OWN_UV / "bin"]]
    return next((uv for uv in candidates if os.access(uv, os.X_OK) and succeeds(uv, "--version", quiet=True)), None)


def fetch_uv() -> str:
    """Install uv with pip, into a place of our own."""
    print("Fetching uv, which installs the rest.", flush=True)
    if not (fetch_into_venv() or fetch_into_folder()) and install_venv_from_debian():
        fetch_into_venv()
    uv = find_uv()
    if uv is None:
        sys.exit("Parley needs uv; this Python lacks venv and pip to fetch it. On Debian: apt install python3-venv")
    return uv


def fetch_into_venv() -> bool:
    shutil.rmtree(OWN_UV, ignore_errors=True)
    made = succeeds(sys.executable, "-m", "venv", str(OWN_UV), quiet=True)
    return made and succeeds(str(OWN_UV / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv")


def fetch_into_folder() -> bool:
    shutil.rmtree(OWN_UV, ignore_errors=True)
    if not succeeds(sys.executable, "-m", "pip", "--version", quiet=True):
        return False
    return succeeds(sys.executable, "-m", "pip", "install", "--quiet", "--target", str(OWN_UV), "uv")


def install_venv_from_debian() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    succeeds("apt-get", "update", "-qq")
    return succeeds("apt-get", "install", "-yqq", "--no-install-recommends", "python3-venv", quiet=True)


def succeeds(*command: str, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
    except OSError:
        return False
    return done.returncode == 0


def lock() -> None:
    """Resolve requirements/ anew. The files name versions and hashes, no place to fetch them from."""
    uv = find_uv() or fetch_uv()
    options = ["--quiet", "--universal", "--python-version", OLDEST_PYTHON[2:], "--generate-hashes", "--no-header"]
    for name, group in (("base", []), ("dev", ["--group", "dev"])):
        output = str(BASE_DIR / "requirements" / f"{name}.txt")
        if not succeeds(uv, "pip", "compile", *options, *group, "pyproject.toml", "--output-file", output):
            sys.exit("The requirements could not be resolved; uv has said why above.")


if __name__ == "__main__":
    os.chdir(BASE_DIR)
    lock() if sys.argv[1:] == ["locks"] else main(sys.argv[1])
