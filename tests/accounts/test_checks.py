import base64
import json
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.checks import check_keyring, check_sign_up


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


@pytest.mark.parametrize(
    ("domains", "mail_is_set_up", "found"),
    [([], False, []), (["x.org"], True, []), (["x.org"], False, ["accounts.E003"])],
)
def test_open_sign_up_needs_mail(
    settings: Settings, domains: list[str], mail_is_set_up: bool, found: list[str]
) -> None:
    settings.SIGNUP_EMAIL_DOMAINS, settings.MAIL_IS_SET_UP = domains, mail_is_set_up
    assert [message.id for message in check_sign_up()] == found
