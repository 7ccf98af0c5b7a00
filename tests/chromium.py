"""The browser of the tests: an installed one, else Debian's package, else Playwright's own download.

`python -m tests.chromium` sees to it that there is one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The shell has no window, and a page takes it a third less of a processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# As root Chromium has no sandbox of its own, and without the rest it calls its maker's hosts at every start.
ARGUMENTS = [
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def installed() -> str | None:
    """The path of an installed Chromium or Chrome."""
    on_path = (shutil.which(name) for name in NAMES)
    in_place = (place for place in MAC_PLACES if Path(place).exists())
    return next(filter(None, on_path), None) or next(in_place, None)


def install() -> None:
    """Raises CalledProcessError if neither apt nor Playwright could."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], env=environment, check=True)
        subprocess.run(
            ["apt-get", "install", "-yq", "--no-install-recommends", "chromium-headless-shell", "fonts-dejavu-core"],
            env=environment,
            check=True,
        )
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__" and not installed():
    install()
