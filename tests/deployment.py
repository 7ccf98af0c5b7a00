"""`python -m tests.deployment`: Django's deployment checks, on the settings that production would have."""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from config import secret_files


def production(folder: Path) -> dict[str, str]:
    """The variables of a small production site, and no other of ours."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "ENV_FILE": os.devnull,
        "SECRET_KEY": secrets.token_urlsafe(64),
        "PARLEY_KEYRING": str(folder / "keyring.json"),
        "ALLOWED_HOSTS": "chat.example.com",
        "DATABASE_URL": "postgres://parley@database.example.com/parley",
        "EMAIL_URL": "smtp+tls://mail.example.com:587",
        "VAR_DIR": str(folder),
    }


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        environment = production(Path(folder))
        secret_files.ensure_keyring(Path(environment["PARLEY_KEYRING"]))
        check = [sys.executable, "-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
        return subprocess.run(check, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
