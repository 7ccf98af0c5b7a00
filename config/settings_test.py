"""Only what tests change."""

import os
import tempfile
from pathlib import Path

# What a developer's shell or .env says is not the tests' business, but for a DATABASE_URL of a server to use.
os.environ.update(
    ENV_FILE=os.devnull,
    DEBUG="off",
    HTTPS="off",
    SECRET_KEY="only-for-tests" * 5,
    SEGMIND_BASE_URL="",
    SITE_LANGUAGE="",
)
os.environ.setdefault("VAR_DIR", str(Path(tempfile.gettempdir()) / f"parley-test-{os.getpid()}"))
# Tests that run side by side have inherited one folder, and need one each.
if not os.environ["VAR_DIR"].endswith(os.environ.get("PYTEST_XDIST_WORKER", "")):
    os.environ["VAR_DIR"] += os.environ["PYTEST_XDIST_WORKER"]

from config.settings import *  # noqa: F403 - the environment has to be set first
from config.settings import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# The test database can't be dropped while a pool holds connections to it.
del DATABASES["default"]["OPTIONS"]["pool"]
