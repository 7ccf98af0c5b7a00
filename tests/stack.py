"""The whole of Parley as `make run` starts it, for tests that need real processes."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config.run import BASE_DIR, free_port
from tests import prepared
from tests.prepared import OF_THE_TESTS

START_SECONDS = 90
STOP_SECONDS = 60


@dataclass
class Stack:
    """One `python -m config.run` with its data in `var_dir`. `variables` are added to its environment.

    `from_nothing`: it makes database and static files itself, as on a new machine.
    """

    var_dir: Path
    variables: dict[str, str] = field(default_factory=dict)
    from_nothing: bool = False
    port: int = field(default_factory=free_port)
    sandbox_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def environment(self) -> dict[str, str]:
        """Also what `manage.py` needs to work on this site's database."""
        inherited = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        own = {"VAR_DIR": str(self.var_dir), "PORT": str(self.port), "SANDBOX_PORT": str(self.sandbox_port)}
        return inherited | {"ENV_FILE": os.devnull} | own | self.variables

    @property
    def log(self) -> Path:
        """What all the programs have printed."""
        return self.var_dir / "output.log"

    def start(self) -> None:
        """Return once the address is printed. Raises AssertionError, with the output, if it ends before."""
        self.var_dir.mkdir(parents=True, exist_ok=True)
        if not self.from_nothing:
            prepared.give_static_files(self.var_dir)
            if "DATABASE_URL" not in self.environment:
                prepared.give_database(self.var_dir)
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.run"],
                cwd=BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            self.wait_for_output(f"Parley is ready at {self.url}/")
        except BaseException:
            # Ctrl-C of the tests among them: nothing may be left running.
            self.stop()
            raise

    def wait_for_output(self, text: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while text not in self.log.read_text(errors="replace"):
            running = self.process.poll() is None and time.monotonic() < deadline
            assert running, f"{text!r} is not in the output:\n{self.log.read_text(errors='replace')}"
            time.sleep(0.02)

    def program(self, name: str) -> psutil.Process:
        """The process of one of the programs, found by a word of its command line."""
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if name in " ".join(child.cmdline()))

    def stop(self) -> int:
        """As Ctrl-C does. Returns the exit status."""
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)
