import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from accounts.keyring import KeyringError, create_keyring, load_keyring, parse_keyring

SECRET = base64.b64encode(b"s" * 32).decode()


def test_a_new_keyring_can_be_used_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    path = tmp_path / "var" / "keyring.json"
    create_keyring(path)
    ring = load_keyring(path)
    assert ring.current == "k1"
    assert [len(secret) for secret in ring.secrets.values()] == [32]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_an_existing_keyring_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    create_keyring(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_keyring(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_who_make_a_keyring_at_once_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"

    def won(_: int) -> bool:
        try:
            create_keyring(path)
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(won, range(32))) == 1
    load_keyring(path)


def test_a_missing_keyring_is_told_with_the_variable_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match=r"no keyring at .*PARLEY_KEYRING"):
        load_keyring(tmp_path / "nowhere.json")


def test_a_directory_is_no_keyring(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="cannot be read"):
        load_keyring(tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", 'needs an object "keys"'),
        ('{"current": "k1", "keys": {}}', 'needs an object "keys"'),
        ('{"current": "k1", "keys": []}', 'needs an object "keys"'),
        ({"current": "k2", "keys": {"k1": SECRET}}, '"current" has to be'),
        ({"current": ["k1"], "keys": {"k1": SECRET}}, '"current" has to be'),
        ({"keys": {"k1": SECRET}}, '"current" has to be'),
        ({"current": "k1", "keys": {"k1": SECRET[:-4]}}, "key k1 has to be 32 bytes"),
        ({"current": "k1", "keys": {"k1": "*" + SECRET}}, "key k1 has to be 32 bytes"),
        ({"current": "k1", "keys": {"k1": "é" * 44}}, "key k1 has to be 32 bytes"),
        ({"current": "k1", "keys": {"k1": 7}}, "key k1 has to be 32 bytes"),
        ({"current": "k 1", "keys": {"k 1": SECRET}}, "a key id may have"),
        ({"current": "k" * 65, "keys": {"k" * 65: SECRET}}, "a key id may have"),
    ],
)
def test_a_malformed_keyring_is_told_without_its_secrets(content: object, sentence: str) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(KeyringError, match=sentence) as caught:
        parse_keyring(text)
    assert SECRET[:8] not in str(caught.value)


def test_a_keyring_does_not_show_its_secrets() -> None:
    ring = parse_keyring(json.dumps({"current": "k1", "keys": {"k1": SECRET}}))
    assert repr(ring) == "Keyring(current='k1')"
