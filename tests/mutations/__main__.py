"""`python -m tests.mutations [words] [--tests PATH…]`: plant each bug in a copy of the tree, and see the suite go red.

With words, only the mutations whose name has all of them; with --tests, other tests than those named in the catalogue.
Ends with status 1 if a bug survives or can no longer be planted.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutations.catalogue import MUTATIONS, Mutation, NoLongerThere

TREE = Path(__file__).resolve().parents[2]
PARTS = ["accounts", "chat", "config", "locale", "static", "templates", "tests"]
PARTS += ["manage.py", "pyproject.toml", ".env.example"]
SECONDS_PER_RUN, SECONDS_TO_STOP = 300, 60
# Of pytest.
ALL_PASSED, SOME_FAILED = 0, 1
FAILED = re.compile(r"^FAILED \S+::(\w+)", re.MULTILINE)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("words", nargs="*")
    arguments.add_argument("--tests", nargs="+")
    chosen = arguments.parse_args()
    planted = [mutation for mutation in MUTATIONS if all(word in mutation.name for word in chosen.words)]
    files = {test for mutation in planted for test in chosen.tests or mutation.tests if test.startswith("tests/")}
    if (verdict := verdict_on(Mutation("none", (), ()), sorted(files))) != "SURVIVED":
        print(f"Without any planted bug the tests do not pass either: {verdict}")
        return 1
    survivors = 0
    for mutation in planted:
        start = time.monotonic()
        verdict = verdict_on(mutation, chosen.tests or mutation.tests)
        survivors += not verdict.startswith("red")
        print(f"{mutation.name}: {verdict} ({time.monotonic() - start:.0f} s)", flush=True)
    print(f"{survivors} not noticed" if survivors else "Every planted bug was noticed.")
    return 1 if survivors else 0


def verdict_on(mutation: Mutation, tests: list[str] | tuple[str, ...]) -> str:
    """ "red", and which test has failed. "SURVIVED": none has. Anything else says why it can't be told."""
    with tempfile.TemporaryDirectory(prefix="parley-mutation-") as folder:
        copy_tree(Path(folder))
        try:
            for edit in mutation.edits:
                edit.apply(Path(folder))
        except NoLongerThere as error:
            return f"STALE ({error})"
        try:
            status, printed = run_tests(Path(folder), tests)
        except subprocess.TimeoutExpired:
            return "TOO SLOW"
    # A tree that can't even be set up is noticed by every test, and proves nothing about any.
    failed = FAILED.search(printed)
    if status == SOME_FAILED and failed:
        return f"red by {failed[1]}"
    return "SURVIVED" if status == ALL_PASSED else f"BROKEN (pytest ended with {status})"


def copy_tree(folder: Path) -> None:
    # As root the database runs under an account of its own, which has to get here.
    folder.chmod(0o755)
    ignored = shutil.ignore_patterns("__pycache__", "var")
    for part in PARTS:
        if (TREE / part).is_dir():
            shutil.copytree(TREE / part, folder / part, ignore=ignored)
        else:
            shutil.copy2(TREE / part, folder / part)


def run_tests(folder: Path, tests: list[str] | tuple[str, ...]) -> tuple[int, str]:
    """The status that pytest ends with, and what it has printed. Raises subprocess.TimeoutExpired."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("VAR_DIR", "DJANGO_SETTINGS_MODULE")}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=folder, env=inherited, **output) as pytest:  # type: ignore[call-overload]
        try:
            printed, _ = pytest.communicate(timeout=SECONDS_PER_RUN)
        except BaseException:
            pytest.terminate()  # and not kill: it stops its database first
            pytest.communicate(timeout=SECONDS_TO_STOP)
            raise
    return pytest.returncode, printed


if __name__ == "__main__":
    sys.exit(main())
