"""The bootstrap, with a stand-in for uv that writes down what it was asked."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
UV = """#!/bin/sh
echo "$@" >> "{log}"
case "$1" in
  --version) exit {works} ;;
  pip) ! grep -q cannot requirements/base.txt || exit 1 ;;
  venv) for folder; do :; done; mkdir -p "$folder/bin"; ln -s "{python}" "$folder/bin/python" ;;
esac
"""


class Bootstrap:
    """A clone with nothing in it but what the bootstrap reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self.log = folder / "asked.log"
        (self.folder / "config").mkdir(parents=True)
        shutil.copy(PROJECT / "config" / "install.py", self.folder / "config")
        shutil.copytree(PROJECT / "requirements", self.folder / "requirements")
        shutil.copy(PROJECT / ".python-version", self.folder)
        self.path = [self.put_uv(folder / "bin", works=True)]

    def put_uv(self, folder: Path, *, works: bool) -> str:
        folder.mkdir()
        uv = folder / "uv"
        uv.write_text(UV.format(log=self.log, works=int(not works), python=sys.executable))
        uv.chmod(0o755)
        return str(folder)

    def install(self, wanted: str) -> list[str]:
        """Install the requirements, and return what uv was asked besides its version."""
        self.log.write_text("")
        command = [sys.executable, "config/install.py", wanted]
        subprocess.run(
            command, cwd=self.folder, env={"PATH": ":".join([*self.path, "/usr/bin", "/bin"])}, check=True, timeout=30
        )
        return [line for line in self.log.read_text().splitlines() if line != "--version"]


@pytest.fixture
def clone(tmp_path: Path) -> Bootstrap:
    return Bootstrap(tmp_path)


def test_first_installation_makes_the_environment_from_hashed_requirements(clone: Bootstrap) -> None:
    environment, packages = clone.install("base")
    assert environment == f"venv --python 3.13 {clone.folder}/.venv"
    assert packages.startswith("pip sync --require-hashes ")
    assert packages.endswith("requirements/base.txt")


def test_second_installation_asks_nothing(clone: Bootstrap) -> None:
    clone.install("base")
    assert clone.install("base") == []


def test_tests_need_more_and_leave_it_for_the_next_run(clone: Bootstrap) -> None:
    clone.install("base")
    (packages,) = clone.install("dev")
    assert packages.endswith("requirements/dev.txt")
    assert clone.install("base") == []


def test_changed_requirements_are_installed(clone: Bootstrap) -> None:
    clone.install("base")
    (clone.folder / "requirements" / "base.txt").write_text("")
    assert [line.split()[:2] for line in clone.install("base")] == [["pip", "sync"]]


def test_failed_installation_is_done_again(clone: Bootstrap) -> None:
    clone.install("base")
    requirements = clone.folder / "requirements" / "base.txt"
    before = requirements.read_text()
    requirements.write_text("cannot-be-installed")
    with pytest.raises(subprocess.CalledProcessError):
        clone.install("base")
    requirements.write_text(before)
    assert [line.split()[:2] for line in clone.install("base")] == [["pip", "sync"]]


def test_uv_that_does_not_work_is_passed_over(clone: Bootstrap, tmp_path: Path) -> None:
    clone.path.insert(0, clone.put_uv(tmp_path / "shims", works=False))
    assert len(clone.install("base")) == 2


@pytest.mark.parametrize("name", ["base", "dev"])
def test_locks_are_hashed_and_name_no_place_to_fetch_from(name: str) -> None:
    lines = (PROJECT / "requirements" / f"{name}.txt").read_text().splitlines()
    pinned = [number for number, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]
    assert len(pinned) > 30
    assert all("--hash=sha256:" in lines[number + 1] for number in pinned)
    assert [line for line in lines if "://" in line or "--index" in line] == []
