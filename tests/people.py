"""`python -m tests.people 10`: makes people with accounts, sessions and keys, a line of JSON about each.

A program of its own, since those who need it have no Django, or another one's settings. `--rate` is that of their keys,
in messages per minute; the highest by default, so that nobody waits for their turn.
"""

import argparse
import json
import os
from dataclasses import asdict, dataclass

import django

HIGHEST_RATE = 32767


@dataclass(frozen=True)
class Account:
    """Somebody who is signed in and has a key that works in the sandbox."""

    email: str
    session: str
    key: str


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("number", type=int)
    options.add_argument("--rate", type=int, default=HIGHEST_RATE)
    chosen = options.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings  # leaf: these need django.setup()

    from accounts.models import ApiKey
    from tests.browser import stagehands

    settings.PASSWORD_HASHERS = ["tests.browser.stagehands.QuickHasher"]
    for _ in range(chosen.number):
        person = stagehands.person(name="Person", password="a long password for nobody", role="member")
        print(json.dumps(asdict(Account(person["email"], person["session"], person["key"]))))
    ApiKey.objects.update(rate=chosen.rate)


def accounts_from(printed: str) -> list[Account]:
    return [Account(**json.loads(line)) for line in printed.splitlines()]


if __name__ == "__main__":
    main()
