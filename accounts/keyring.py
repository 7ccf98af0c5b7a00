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
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

SECRET_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class KeyringError(Exception):
    """The keyring is missing or malformed. The text is a sentence for the person who runs the site."""


@dataclass(frozen=True)
class Keyring:
    """The secrets by their id, and the id that new values are sealed under."""

    current: str
    secrets: dict[str, bytes] = field(repr=False)


def create_keyring(path: Path) -> None:
    """Write a new keyring with one random secret, mode 0600: whole or not at all, and never over another file.

    Raises FileExistsError if there is one.
    """
    secret = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp gives mode 0600; a hard link is the one step that publishes the whole file and refuses an existing one.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".keyring-")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump({"current": "k1", "keys": {"k1": secret}}, file)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        Path(draft).unlink()


@cache
def load_keyring(path: Path) -> Keyring:
    """The keyring in a file, read once per process. Raises KeyringError."""
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
