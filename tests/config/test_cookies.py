import json
import subprocess
import sys
from pathlib import Path

from config import secret_files
from tests.deployment import production

SHOW = """
import django, json
django.setup()
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in dir(settings) if "COOKIE" in name or "MESSAGE_S" in name}))
"""


def test_in_production_every_cookie_is_for_this_host_alone_and_for_no_script(tmp_path: Path) -> None:
    environment = production(tmp_path) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    secret_files.ensure_keyring(Path(environment["PARLEY_KEYRING"]))
    shown = subprocess.run([sys.executable, "-c", SHOW], env=environment, capture_output=True, text=True, check=True)
    settings = json.loads(shown.stdout)
    for kind in ("SESSION", "CSRF"):
        assert settings[f"{kind}_COOKIE_NAME"].startswith("__Host-")
        assert settings[f"{kind}_COOKIE_SECURE"] is settings[f"{kind}_COOKIE_HTTPONLY"] is True
        assert (settings[f"{kind}_COOKIE_SAMESITE"], settings[f"{kind}_COOKIE_PATH"]) == ("Lax", "/")
        assert settings[f"{kind}_COOKIE_DOMAIN"] is None
    # known_devices.py gives it the rest; the messages live in the session.
    assert settings["DEVICE_COOKIE_NAME"] == "__Host-device"
    assert settings["MESSAGE_STORAGE"].endswith("SessionStorage")
