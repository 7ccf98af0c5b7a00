"""`python -m tests.crash.nursery`: gives birth to workers that have all their code loaded already.

A worker takes more than a second of a processor to load; these tests start some forty of them. So one process loads
the code, does nothing else, and forks: each child is a process of its own that then does what the Procfile's line says.
A line of JSON (`command`, `log`) comes in, the child's number goes out.
"""

import json
import os
import runpy
import signal
import sys

import django
from django.core.management import call_command


def main() -> None:
    django.setup()
    call_command("check", stdout=sys.stderr)  # as every command does at its start; it loads all there is
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the children
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            grow_up(**order)
        print(child, flush=True)


def grow_up(command: list[str], log: str) -> None:
    """Become the process that `command` would have started: `python` and its arguments."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), output, output)):
        os.dup2(file, number)
    sys.argv = command[1:]
    status = 1
    try:
        runpy.run_path(command[1], run_name="__main__")
        status = 0
    except SystemExit as ending:
        status = int(ending.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
