import base64
import json
from pathlib import Path

from pytest_django import Settings

from accounts.checks import check_keyring


def write_keyring(path: Path, secret: bytes) -> None:
    path.write_text(json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(secret).decode()}}))
    path.chmod(0o600)


def ids() -> list[str | None]:
    return [message.id for message in check_keyring()]


def test_a_good_keyring_passes() -> None:
    assert check_keyring() == []


def test_a_missing_keyring_fails_with_one_sentence(settings: Settings, tmp_path: Path) -> None:
    settings.PARLEY_KEYRING = tmp_path / "nowhere.json"
    (error,) = check_keyring()
    assert error.id == "accounts.E001"
    assert "PARLEY_KEYRING" in error.msg


def test_a_malformed_keyring_fails(settings: Settings, tmp_path: Path) -> None:
    settings.PARLEY_KEYRING = tmp_path / "malformed.json"
    settings.PARLEY_KEYRING.write_text("{}")
    assert ids() == ["accounts.E001"]


def test_the_bytes_of_the_secret_key_are_refused(settings: Settings, tmp_path: Path) -> None:
    settings.SECRET_KEY = "a secret key of thirty-two bytes"
    settings.PARLEY_KEYRING = tmp_path / "borrowed.json"
    write_keyring(settings.PARLEY_KEYRING, settings.SECRET_KEY.encode())
    assert ids() == ["accounts.E002"]


def test_a_secret_key_in_base64_is_refused(settings: Settings, tmp_path: Path) -> None:
    settings.SECRET_KEY = base64.b64encode(b"b" * 32).decode()
    settings.PARLEY_KEYRING = tmp_path / "borrowed.json"
    write_keyring(settings.PARLEY_KEYRING, b"b" * 32)
    assert ids() == ["accounts.E002"]


def test_a_keyring_that_everybody_can_read_is_warned_about(keyring_file: Path) -> None:
    keyring_file.chmod(0o644)
    assert ids() == ["accounts.W001"]
