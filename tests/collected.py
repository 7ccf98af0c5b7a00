"""Static files for the sites of a test run: to hash and compress them takes seconds, and gives each site the same."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = ("static", "static.digest")
# Where a test run keeps them; None means that each site does its own.
kept_in: Path | None = None


@contextmanager
def shared_static_files(var_dir: Path) -> Iterator[None]:
    """For the start of a site: the files of an earlier one are there already, or its own are kept for later ones."""
    if kept_in and kept_in.exists() and not (var_dir / "static").exists():
        copy(kept_in, var_dir)
    yield
    if kept_in and not kept_in.exists():
        copy(var_dir, kept_in)


def copy(source: Path, target: Path) -> None:
    for file in (path for name in NAMES for path in (source / name, *(source / name).rglob("*")) if path.is_file()):
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
