"""What a test of the pages needs from behind them: people, long conversations, a look at the rows.

The services work in a process of their own, on the running site's database: Playwright's event loop runs in the tests'
process, and Django's ORM refuses to work beside one. A line of JSON each way; the other end is stagehands.py.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Protocol

from config.run import BASE_DIR

PASSWORD = "correct horse battery staple"
COMMAND = "import django; django.setup(); from tests.browser import stagehands; stagehands.serve()"


@dataclass(frozen=True)
class Person:
    """Somebody with an account, a session that is signed in, and a key that works in the sandbox."""

    name: str
    email: str
    session: str
    key: str
    password: str = PASSWORD


class Site(Protocol):
    """A running site: what makes a process of our own work on its database."""

    @property
    def environment(self) -> dict[str, str]: ...

    @property
    def sandbox_url(self) -> str: ...


class Backstage:
    """The tests' end of the line."""

    def __init__(self, stack: Site) -> None:
        own = {"DJANGO_SETTINGS_MODULE": "config.settings", "SANDBOX_URL": stack.sandbox_url, "HTTPS": "off"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND],
            cwd=BASE_DIR,
            env=stack.environment | own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def new_person(self, name: str = "Alice", *, role: str = "member") -> Person:
        return Person(**self._ask("person", name=name, password=PASSWORD, role=role), password=PASSWORD)

    def old_session_of(self, person: Person) -> str:
        """A session of theirs that was signed in an hour ago."""
        session: str = self._ask("old_session", email=person.email)
        return session

    def new_conversation(self, person: Person, *, turns: int = 1, title: str = "A long one") -> str:
        """The path of a finished conversation: `turns` numbered questions, each with its answer."""
        path: str = self._ask("conversation", email=person.email, turns=turns, title=title)
        return path

    def new_link(self, conversation: str, *, text: str = "", with_files: bool = False, **terms: Any) -> str:
        """The path of a link to the conversation at this path, for anyone unless `terms` say otherwise.

        With a `text` its last answer becomes that first; `with_files`, its first question gets an image and a text.
        """
        path: str = self._ask("share", conversation=conversation, text=text, with_files=with_files, terms=terms)
        return path

    def expire_links_of(self, person: Person) -> None:
        """As if their time had come."""
        self._ask("expire_links", email=person.email)

    def questions_of(self, person: Person) -> list[str]:
        """The texts of all messages that the person has sent, oldest first."""
        texts: list[str] = self._ask("questions", email=person.email)
        return texts

    def end_times_of(self, person: Person) -> list[float]:
        """When each finished reply was stored, in seconds since 1970, oldest first."""
        times: list[float] = self._ask("end_times", email=person.email)
        return times

    def tell_of_keys(self) -> None:
        """What the worker does every minute."""
        self._ask("tell_of_keys")

    # --- For the admin panel ------------------------------------------------------
    def furnish_panel(self, person: Person) -> list[str]:
        """Something in every list of the panel, and the addresses of all its pages. The person has a link."""
        addresses: list[str] = self._ask("panel", email=person.email)
        return addresses

    def limit(self, person: Person, credits: str) -> None:
        """A budget of this month."""
        self._ask("budget", email=person.email, limit=credits)

    def new_team_key(self, person: Person, value: str, *, state: str = "works") -> str:
        """The label of a key of the team that pays for the person, who has no other any more."""
        label: str = self._ask("team_key", email=person.email, value=value, state=state)
        return label

    def lose_reply(self, person: Person) -> str:
        """The id of an answer to the person that was lost two hours ago."""
        reply: str = self._ask("lost_reply", email=person.email)
        return reply

    def facts_of(self, reply: str) -> dict[str, str | None]:
        """`billed` and `cost` of the reply with this id."""
        facts: dict[str, str | None] = self._ask("facts_of", reply=reply)
        return facts

    def close(self) -> None:
        self.process.communicate()

    def _ask(self, action: str, **fields: object) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"action": action, **fields}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"{action} failed backstage; the traceback is in the output"
        return json.loads(answer)
