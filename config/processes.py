"""Waiting for processes that may or may not be our children."""

import time

import psutil


def is_alive(process: psutil.Process) -> bool:
    """Whether it still does anything: a dead process that its parent has not asked about is only a number.

    But its other threads may take a moment longer to end, and hold its port and files until then.
    """
    try:
        is_number = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() == 1
        return bool(process.is_running() and not is_number)
    except psutil.NoSuchProcess:
        return False


def living_after(seconds: float, processes: list[psutil.Process]) -> list[psutil.Process]:
    """Wait until all have ended, but no longer than that. Returns those that have not."""
    deadline = time.monotonic() + seconds
    while (living := [process for process in processes if is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return living
