"""The only place where an API key is sealed or opened: AES-256-GCM, bound to its row and to its owner.

A sealed value is `version | length of the key id | key id | nonce | ciphertext with its tag`. The associated data
holds all that stands before the nonce, the row's id and the owner's id: copied to another row it does not open.
"""

import hashlib
import hmac
import secrets
import struct
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from accounts.keyring import Keyring, KeyringError, create_keyring, load_keyring, replace_keyring
from chat.segmind import KeyValue

__all__ = [
    "CannotOpen",
    "Keyring",
    "KeyringError",
    "create_keyring",
    "decrypt",
    "encrypt",
    "fingerprint",
    "fingerprints",
    "fresh_keyring",
    "key_id_of",
    "keyring",
    "replace_keyring",
]

VERSION = 1
NONCE_BYTES = 12
TAG_BYTES = 16
PURPOSE = b"parley api key"


class CannotOpen(Exception):
    """A sealed value was not made for this row and owner, was changed, or is under a key that the keyring has not."""


def keyring() -> Keyring:
    """The keyring that the settings name, as this process has read it last. Raises KeyringError."""
    return load_keyring(settings.PARLEY_KEYRING)


def fresh_keyring() -> Keyring:
    """The keyring as it is in its file now, for this whole process from now on. Raises KeyringError."""
    load_keyring.cache_clear()
    return keyring()


def encrypt(value: KeyValue, *, row_id: UUID, owner_id: int | None) -> bytes:
    """Seal a value for one row and its owner (None: the team). Raises KeyringError.

    Whoever stores it calls fresh_keyring first: another process may have begun a rotation.
    """
    ring = keyring()
    header = header_for(ring.current)
    nonce = secrets.token_bytes(NONCE_BYTES)
    bound_to = header + associated_data(row_id=row_id, owner_id=owner_id)
    return header + nonce + AESGCM(ring.secrets[ring.current]).encrypt(nonce, value.reveal().encode(), bound_to)


def decrypt(blob: bytes | memoryview, *, row_id: UUID, owner_id: int | None) -> KeyValue:
    """Open what `encrypt` sealed for this very row and owner. Raises CannotOpen and KeyringError.

    A key id that this process has not met is looked for in the file once more: the keyring may have grown.
    """
    header, key_id, nonce, sealed = take_apart(bytes(blob))
    secret = keyring().secrets.get(key_id) or fresh_keyring().secrets.get(key_id)
    if secret is None:
        raise CannotOpen(f"sealed under the key id {key_id!r}, which the keyring has not")
    try:
        opened = AESGCM(secret).decrypt(nonce, sealed, header + associated_data(row_id=row_id, owner_id=owner_id))
    except InvalidTag:
        raise CannotOpen("not sealed for this row and owner, or changed since") from None
    return KeyValue(opened.decode())


def key_id_of(blob: bytes | memoryview) -> str:
    """The id of the secret that a value is sealed under. Raises CannotOpen if it is no sealed value."""
    return take_apart(bytes(blob))[1]


def fingerprint(value: KeyValue) -> str:
    """A keyed digest (64 hex digits) that tells whether two values are the same, and nothing else about them."""
    ring = keyring()
    return digest(value, ring.secrets[ring.current])


def fingerprints(value: KeyValue) -> list[str]:
    """The value's fingerprint under every secret of the keyring: rows from before a rotation keep their old one."""
    return [digest(value, secret) for secret in keyring().secrets.values()]


def digest(value: KeyValue, secret: bytes) -> str:
    # A secret of its own, so that the one for sealing serves one purpose only.
    fingerprint_secret = hmac.digest(secret, PURPOSE + b" fingerprint", hashlib.sha256)
    return hmac.new(fingerprint_secret, value.reveal().encode(), hashlib.sha256).hexdigest()


def header_for(key_id: str) -> bytes:
    return bytes([VERSION, len(key_id)]) + key_id.encode("ascii")


def associated_data(*, row_id: UUID, owner_id: int | None) -> bytes:
    """Fixed widths, so that no two pairs of ids read alike: purpose, 16 bytes, whether a person owns it, 8 bytes."""
    return PURPOSE + row_id.bytes + struct.pack(">?q", owner_id is not None, owner_id or 0)


def take_apart(blob: bytes) -> tuple[bytes, str, bytes, bytes]:
    """Header, key id, nonce and ciphertext of a sealed value. Raises CannotOpen if it has not that shape."""
    if len(blob) < 2 or blob[0] != VERSION:
        raise CannotOpen("not a sealed value of a known version")
    header, rest = blob[: 2 + blob[1]], blob[2 + blob[1] :]
    if len(rest) < NONCE_BYTES + TAG_BYTES:
        raise CannotOpen("cut short")
    return header, header[2:].decode("ascii", "replace"), rest[:NONCE_BYTES], rest[NONCE_BYTES:]
