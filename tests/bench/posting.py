"""`make bench-posting`: what one POST of a message costs the web process, without a load around it.

Everything from the request as the ASGI server hands it over to the finished response happens in this one thread. The
numbers that do not depend on what else the machine does come first: database statements and Python calls of a POST.
CPU time is the median of several rounds. `--profile file` writes a profile for pstats instead.
"""

import argparse
import cProfile
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

from config import embedded_postgres, secret_files
from tests.visitor import CSRF, TOKEN

ROUNDS = 5
POSTS = 300
MODEL = "llama-v3-8b-instruct"
TURNS_PER_CONVERSATION = 10


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--posts", type=int, default=POSTS, help="in each round")
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--profile", type=Path, help="a file for a profile of one round")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-") as folder, site(Path(folder)):
        poster = Poster()
        poster.post(chosen.posts)  # warm
        if chosen.profile:
            profile = cProfile.Profile()
            profile.runcall(poster.post, chosen.posts)
            profile.dump_stats(chosen.profile)
            return
        print(f"{poster.statements()} statements, {poster.calls(chosen.posts):,.0f} calls of functions")
        milliseconds = [poster.cpu(chosen.posts) for _ in range(chosen.rounds)]
        print(f"{statistics.median(milliseconds):.2f} ms of CPU, {min(milliseconds):.2f} at best")


@contextmanager
def site(folder: Path) -> Iterator[None]:
    """Django set up, with a database of its own."""
    own = {"VAR_DIR": str(folder), "HTTPS": "off", "SANDBOX_URL": "http://127.0.0.1:9", "LOG_LEVEL": "WARNING"}
    os.environ.update(own, ENV_FILE=os.devnull, DJANGO_SETTINGS_MODULE="config.settings")
    secret_files.ensure_secret_key(folder / "secret_key")
    secret_files.ensure_keyring(folder / "keyring.json")
    with embedded_postgres.running(folder):
        # In a process of its own, since it does without the pool, and would leave this one without.
        subprocess.run([sys.executable, "-m", "config.prepare"], check=True, stdout=subprocess.DEVNULL)
        django.setup(set_prefix=False)
        yield
        from django.db import connection

        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]


class Poster:
    """Somebody who sends one message after the other; nobody answers them."""

    def __init__(self) -> None:
        from config.handler import Handler  # leaf: these need django.setup()
        from tests.browser import stagehands

        person = stagehands.person(name="Person", password="a long password for nobody", role="member")
        self.session, self.posts = person["session"], 0
        self.handler = Handler()

    def post(self, number: int) -> None:
        """Raises AssertionError if one is refused."""
        for _ in range(number):
            if self.posts % TURNS_PER_CONVERSATION == 0:
                self.conversation, self.page = uuid.uuid4(), "/"
            self.posts += 1
            response = self.respond()
            assert response.status_code == 200, response.content.decode()
            self.page = f"/c/{self.conversation}/"

    def respond(self) -> Any:
        fields = {"client_id": uuid.uuid4(), "text": "Say hello in a few words.", "model": MODEL, "instruction": ""}
        body = urlencode(fields).encode()
        headers = {
            "host": "localhost",
            "hx-request": "true",
            "hx-current-url": f"http://localhost{self.page}",
            "cookie": f"sessionid={self.session}; csrftoken={CSRF}",
            "x-csrftoken": TOKEN,
            "accept-encoding": "gzip",
            "content-type": "application/x-www-form-urlencoded",
            "content-length": str(len(body)),
        }
        scope = {
            "type": "http",
            "method": "POST",
            "path": f"/c/{self.conversation}/messages/",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        }
        request, _ = self.handler.create_request(scope, BytesIO(body))
        return self.handler.respond(request)

    def statements(self) -> int:
        """Of a message that goes on with a conversation; beginning and committing the transaction count as well."""
        from django.db import connection  # leaf: needs django.setup()
        from django.test.utils import CaptureQueriesContext

        self.post(TURNS_PER_CONVERSATION // 2)
        with CaptureQueriesContext(connection) as captured:
            self.post(1)
        return len(captured)

    def calls(self, number: int) -> float:
        """Of functions, built-in ones included, for one POST."""
        calls = 0

        def count(_frame: Any, event: str, _argument: Any) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            self.post(number)
        finally:
            sys.setprofile(None)
        return calls / number

    def cpu(self, number: int) -> float:
        """Milliseconds of CPU of this process for one POST."""
        started = time.process_time()
        self.post(number)
        return (time.process_time() - started) * 1000 / number


if __name__ == "__main__":
    main()
