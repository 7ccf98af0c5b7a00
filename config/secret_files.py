"""The secrets that `make run` makes for itself under `var/`, each readable by its owner only."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from accounts.keyring import create_keyring


def ensure_secret_key(path: Path) -> None:
    """Make a SECRET_KEY file unless there is one: a new one would sign everybody out."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        write_private(path, secrets.token_urlsafe(64))


def ensure_keyring(path: Path) -> None:
    """Make a keyring file unless there is one: it may be all that opens somebody's key."""
    with suppress(FileExistsError):
        if not path.exists():
            create_keyring(path)


def write_private(path: Path, text: str) -> None:
    """A new file of mode 0600 from its first byte on. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
