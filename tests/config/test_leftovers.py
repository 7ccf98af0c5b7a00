"""What a killed run has left behind: ended by the next one, and nothing else with it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.supervisor import CLOCK_SECONDS, end_leftovers


@pytest.fixture
def program() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize(
    ("seconds_off", "ends"),
    [(0, True), (1, True), (-1, True), (CLOCK_SECONDS + 1, False), (-CLOCK_SECONDS - 1, False)],
)
def test_it_ends_unless_its_number_is_another_program_by_now(
    program: subprocess.Popen[bytes], tmp_path: Path, seconds_off: float, ends: bool
) -> None:
    """A clock that was set right by a second moves the time of every start."""
    record = tmp_path / "run.json"
    record.write_text(json.dumps({program.pid: psutil.Process(program.pid).create_time() + seconds_off}))
    end_leftovers(record)
    assert (program.poll() is not None) == ends
    assert not record.exists()
