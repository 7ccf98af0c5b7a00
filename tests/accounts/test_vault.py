import base64
import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts import vault
from chat.segmind import KeyValue

ROW = UUID("5d7c0e5e-0000-4000-8000-000000000001")
ALICE = 1
owner_ids = st.none() | st.integers(min_value=0, max_value=2**63 - 1)
# One keyring serves all examples of a test: they do not change it.
properties = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def seal(text: str = "SG_0123456789abcdef") -> bytes:
    return vault.encrypt(KeyValue(text), row_id=ROW, owner_id=ALICE)


def write_keyring(path: Path, *, current: str, **secrets: bytes) -> Path:
    keys = {key_id: base64.b64encode(secret * 32).decode() for key_id, secret in secrets.items()}
    path.write_text(json.dumps({"current": current, "keys": keys}))
    return path


@properties
@given(text=st.text(st.characters(codec="utf-8")), row_id=st.uuids(), owner_id=owner_ids)
def test_what_was_sealed_opens_for_its_row_and_owner(text: str, row_id: UUID, owner_id: int | None) -> None:
    blob = vault.encrypt(KeyValue(text), row_id=row_id, owner_id=owner_id)
    assert vault.decrypt(blob, row_id=row_id, owner_id=owner_id).reveal() == text


@properties
@given(row_id=st.uuids(), owner_id=owner_ids)
def test_a_blob_copied_to_another_row_or_owner_does_not_open(row_id: UUID, owner_id: int | None) -> None:
    assume((row_id, owner_id) != (ROW, ALICE))
    blob = seal()
    with pytest.raises(vault.CannotOpen):
        vault.decrypt(blob, row_id=row_id, owner_id=ALICE if row_id != ROW else owner_id)
    with pytest.raises(vault.CannotOpen):
        vault.decrypt(blob, row_id=row_id, owner_id=owner_id)


def test_the_teams_own_key_is_not_that_of_owner_zero() -> None:
    blob = vault.encrypt(KeyValue("SG_x"), row_id=ROW, owner_id=None)
    with pytest.raises(vault.CannotOpen):
        vault.decrypt(blob, row_id=ROW, owner_id=0)


@properties
@given(place=st.integers(min_value=0, max_value=60), bit=st.integers(min_value=0, max_value=7))
def test_one_changed_bit_anywhere_closes_it(place: int, bit: int) -> None:
    blob = bytearray(seal())
    blob[place % len(blob)] ^= 1 << bit
    with pytest.raises(vault.CannotOpen):
        vault.decrypt(bytes(blob), row_id=ROW, owner_id=ALICE)


@properties
@given(blob=st.binary(max_size=100))
def test_any_other_bytes_are_refused_in_the_same_way(blob: bytes) -> None:
    with pytest.raises(vault.CannotOpen):
        vault.decrypt(blob, row_id=ROW, owner_id=ALICE)


def test_every_beginning_of_a_blob_is_refused() -> None:
    blob = seal()
    for length in range(len(blob)):
        with pytest.raises(vault.CannotOpen):
            vault.decrypt(blob[:length], row_id=ROW, owner_id=ALICE)


def test_the_same_value_is_never_sealed_alike_twice() -> None:
    assert len({seal() for _ in range(20)}) == 20
    assert b"0123456789abcdef" not in seal()


def test_another_keyring_opens_nothing(settings: Settings, tmp_path: Path) -> None:
    blob = seal()
    settings.PARLEY_KEYRING = write_keyring(tmp_path / "other.json", current="k1", k1=b"o")
    with pytest.raises(vault.CannotOpen):
        vault.decrypt(blob, row_id=ROW, owner_id=ALICE)
    settings.PARLEY_KEYRING = write_keyring(tmp_path / "third.json", current="k3", k3=b"o")
    with pytest.raises(vault.CannotOpen, match="key id 'k1'"):
        vault.decrypt(blob, row_id=ROW, owner_id=ALICE)


def test_an_older_key_id_still_opens_and_the_current_one_seals(settings: Settings, tmp_path: Path) -> None:
    settings.PARLEY_KEYRING = write_keyring(tmp_path / "before.json", current="k1", k1=b"a")
    old = seal("old")
    settings.PARLEY_KEYRING = write_keyring(tmp_path / "after.json", current="k2", k1=b"a", k2=b"b")
    new = seal("new")
    assert vault.decrypt(old, row_id=ROW, owner_id=ALICE).reveal() == "old"
    settings.PARLEY_KEYRING = write_keyring(tmp_path / "later.json", current="k2", k2=b"b")
    assert vault.decrypt(new, row_id=ROW, owner_id=ALICE).reveal() == "new"
    with pytest.raises(vault.CannotOpen):
        vault.decrypt(old, row_id=ROW, owner_id=ALICE)


def test_a_fingerprint_tells_equal_values_and_needs_the_keyring(settings: Settings, tmp_path: Path) -> None:
    value = KeyValue("SG_0123456789abcdef")
    print_here = vault.fingerprint(value)
    assert print_here == vault.fingerprint(KeyValue("SG_0123456789abcdef"))
    assert print_here != vault.fingerprint(KeyValue("SG_0123456789abcdee"))
    assert len(bytes.fromhex(print_here)) == 32
    settings.PARLEY_KEYRING = write_keyring(tmp_path / "other.json", current="k1", k1=b"o")
    assert vault.fingerprint(value) != print_here


def test_fingerprints_are_recognised_across_a_rotation(settings: Settings, tmp_path: Path) -> None:
    value = KeyValue("SG_0123456789abcdef")
    settings.PARLEY_KEYRING = write_keyring(tmp_path / "before.json", current="k1", k1=b"a")
    before = vault.fingerprint(value)
    settings.PARLEY_KEYRING = write_keyring(tmp_path / "after.json", current="k2", k1=b"a", k2=b"b")
    assert before in vault.fingerprints(value)
    assert vault.fingerprint(value) in vault.fingerprints(value)
    assert vault.fingerprint(value) != before


def test_a_missing_keyring_seals_nothing(settings: Settings, tmp_path: Path) -> None:
    settings.PARLEY_KEYRING = tmp_path / f"{uuid4()}.json"
    with pytest.raises(vault.KeyringError):
        seal()
