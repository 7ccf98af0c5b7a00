"""Neither web nor worker nor release starts with a keyring that is missing, malformed or equal to SECRET_KEY."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from config.run import BASE_DIR
from tests.deployment import production

SECRET_KEY = "a secret key of thirty-two bytes"
PROGRAMS = {
    "web": ["-c", "import config.asgi"],
    "worker": ["manage.py", "worker"],
    "release": ["-m", "config.prepare"],
    "create": ["manage.py", "rotate_keyring", "create"],
}
WRONG = {
    "missing": (None, "There is no keyring at"),
    "malformed": ("{}", "is malformed"),
    "borrowed": (
        json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(SECRET_KEY.encode()).decode()}}),
        "Key k1 of the keyring is the SECRET_KEY",
    ),
}


def start(program: str, folder: Path) -> tuple[int, str]:
    environment = production(folder) | {"SECRET_KEY": SECRET_KEY}
    command = [sys.executable, *PROGRAMS[program]]
    done = subprocess.run(command, cwd=BASE_DIR, env=environment, text=True, capture_output=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("program", "wrong"),
    [("web", "missing"), ("web", "malformed"), ("web", "borrowed"), ("worker", "malformed"), ("release", "borrowed")],
)
def test_it_refuses_to_start(tmp_path: Path, program: str, wrong: str) -> None:
    content, sentence = WRONG[wrong]
    if content:
        (tmp_path / "keyring.json").write_text(content)
    status, output = start(program, tmp_path)
    assert status != 0
    assert sentence in output


def test_the_way_out_of_a_missing_keyring_makes_one_that_it_starts_with(tmp_path: Path) -> None:
    assert start("create", tmp_path)[0] == 0
    assert start("web", tmp_path)[0] == 0
    status, output = start("create", tmp_path)
    assert status == 1
    assert "already" in output
