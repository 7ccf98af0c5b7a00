"""The keyring file: the secrets under which API keys are sealed. Needs no Django, so that a start script can make one.

The file is JSON, mode 0600: `{"current": "k1", "keys": {"k1": "<32 bytes in base64>"}}`. Old ids stay in it until
nothing is sealed under them any more.
"""

import base64
import binascii
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

SECRET_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
NUMBERED_ID = re.compile(r"k(\d{1,9})")


class KeyringError(Exception):
    """The keyring is missing or malformed. The text is a sentence for the person who runs the site."""


@dataclass(frozen=True)
class Keyring:
    """The secrets by their id, and the id that new values are sealed under."""

    current: str
    secrets: dict[str, bytes] = field(repr=False)

    @property
    def newest(self) -> str:
        """The id that was added last, whether values are sealed under it yet or not."""
        return list(self.secrets)[-1]

    def with_new_secret(self) -> "Keyring":
        """With one more random secret, which nothing is sealed under yet."""
        numbers = [int(match[1]) for key_id in self.secrets if (match := NUMBERED_ID.fullmatch(key_id))]
        new_id = f"k{max(numbers, default=0) + 1}"
        return replace(self, secrets=self.secrets | {new_id: secrets.token_bytes(SECRET_BYTES)})

    def without(self, key_id: str) -> "Keyring":
        """Raises KeyringError for an id that it has not, and for the one that new values are sealed under."""
        if key_id not in self.secrets:
            raise KeyringError(f"The keyring has no key {key_id}.")
        if key_id == self.current:
            raise KeyringError(f"Key {key_id} is the one that new values are sealed under.")
        return replace(self, secrets={name: secret for name, secret in self.secrets.items() if name != key_id})


def create_keyring(path: Path) -> None:
    """Write a new keyring with one random secret, mode 0600: whole or not at all, and never over another file.

    Raises FileExistsError if there is one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with draft_of(Keyring("k1", {"k1": secrets.token_bytes(SECRET_BYTES)}), path.parent) as draft:
        # A hard link is the one step that publishes the whole file and refuses an existing one.
        os.link(draft, path)


def replace_keyring(path: Path, ring: Keyring) -> None:
    """Put another keyring in the place of the one in a file, mode 0600, for the same user: whole or not at all."""
    path = path.resolve()  # a link stays one
    old = path.stat()
    with draft_of(ring, path.parent) as draft:
        if (os.geteuid(), os.getegid()) != (old.st_uid, old.st_gid):
            # Changed by root, it still has to be readable for the account that the site runs under.
            os.chown(draft, old.st_uid, old.st_gid)
        draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def draft_of(ring: Keyring, folder: Path) -> Iterator[Path]:
    """A file beside the keyring's own with all of it, on the disk and of mode 0600. It is gone afterwards."""
    content = {
        "current": ring.current,
        "keys": {key_id: base64.b64encode(secret).decode() for key_id, secret in ring.secrets.items()},
    }
    handle, name = tempfile.mkstemp(dir=folder, prefix=".keyring-")  # mkstemp gives mode 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


@cache
def load_keyring(path: Path) -> Keyring:
    """The keyring in a file, as this process has read it last. Raises KeyringError."""
    return read_keyring(path)


def read_keyring(path: Path) -> Keyring:
    """The keyring that is in the file now. Raises KeyringError."""
    try:
        return parse_keyring(path.read_text())
    except FileNotFoundError as exc:
        raise KeyringError(f"There is no keyring at {path}. Set PARLEY_KEYRING to the file that holds it.") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise KeyringError(f"The keyring at {path} cannot be read ({type(exc).__name__}).") from exc
    except KeyringError as exc:
        raise KeyringError(f"The keyring at {path} is malformed: {exc}") from exc


def parse_keyring(text: str) -> Keyring:
    """Raises KeyringError with what is wrong, never with a part of a secret."""
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise KeyringError("it is not JSON.") from None
    if not isinstance(content, dict) or not isinstance(content.get("keys"), dict) or not content["keys"]:
        raise KeyringError('it needs an object "keys" with at least one key in it.')
    ring = {key_id: decode_secret(key_id, encoded) for key_id, encoded in content["keys"].items()}
    current = content.get("current")
    if not isinstance(current, str) or current not in ring:
        raise KeyringError('"current" has to be the id of one of its keys.')
    return Keyring(current=current, secrets=ring)


def decode_secret(key_id: str, encoded: object) -> bytes:
    if not KEY_ID.fullmatch(key_id):
        raise KeyringError("a key id may have 1 to 64 letters, digits, dots, dashes and underscores.")
    try:
        secret = base64.b64decode(encoded, validate=True) if isinstance(encoded, str) else b""
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise KeyringError(f"key {key_id} has to be {SECRET_BYTES} bytes in base64.")
    return secret
