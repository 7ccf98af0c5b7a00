"""Named places at which a test kills, halts or breaks the process. Anywhere else a fail point is nothing.

`settings.FAIL_POINTS` is None but in the crash tests' own settings, where it is a folder. Each process that comes to a
point leaves its number there in `<name>.reached`. A file `<name>.kill`, `.pause` or `.raise` asks for one thing, once:
the process that takes it renames it to `<name>.<action>.<its number>`, then kills itself, halts until SIGCONT, or
raises.
"""

import os
import signal
import threading
from pathlib import Path

from django.conf import settings
from django.db import OperationalError


def pass_by(name: str) -> None:
    """A fail point outside the crash tests."""


def stop_here(name: str) -> None:
    """Say that the point was reached, and do what the test asks for. Raises OperationalError if that is it."""
    folder = Path(settings.FAIL_POINTS or "")
    with (folder / f"{name}.reached").open("a") as reached:
        reached.write(f"{os.getpid()}\n")
    if is_asked_for(folder / f"{name}.kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if is_asked_for(folder / f"{name}.pause"):
        # To this thread, which then takes no further step; the others halt with it.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    if is_asked_for(folder / f"{name}.raise"):
        raise OperationalError(f"fail point {name}")


def is_asked_for(request: Path) -> bool:
    """Take what the test has laid out. Of several processes one gets it."""
    try:
        request.rename(f"{request}.{os.getpid()}")
    except FileNotFoundError:
        return False
    return True


fail_point = stop_here if settings.FAIL_POINTS else pass_by
