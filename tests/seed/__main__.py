"""`make seed SIZE=large`: a year of a team's work in the development database, to look at the admin panel with.

Only into the database of `make run`, or another one that talks to a sandbox, and only while nobody but its first
administrator is in it: nobody's data is touched.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import django

from config import embedded_postgres
from config.run import make_secrets, read_environment
from tests.browser.backstage import PASSWORD
from tests.seed.cluster import database


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("size", choices=["small", "large"])
    chosen = options.parse_args()
    environment = read_environment()
    if environment.get("SEGMIND_BASE_URL"):
        print("This site talks to Segmind itself. Only a site with a sandbox is filled.", file=sys.stderr)
        return 1
    with database(environment):
        address = environment.get("DATABASE_URL") or embedded_postgres.url(Path(environment["VAR_DIR"]))
        os.environ |= environment | {"DATABASE_URL": address, "SANDBOX_URL": "http://sandbox.invalid"}
        os.environ |= {"LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "config.settings"}
        make_secrets(environment)
        django.setup()
        return fill(chosen.size)


def fill(size: str) -> int:
    from django.core.management import call_command  # leaf: these need django.setup()

    from chat.services.usage import roll_up_what_is_over
    from tests.bench import data
    from tests.seed import world

    call_command("migrate", verbosity=0, skip_checks=True)
    begun = time.monotonic()
    try:
        email = world.fill(world.SIZES[size])
    except world.NotEmpty as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Written in {time.monotonic() - begun:.0f} s.", flush=True)
    data.write_entries(os.environ["DATABASE_URL"])
    print(f"Indexed for the search after {time.monotonic() - begun:.0f} s.", flush=True)
    days = roll_up_what_is_over()
    print(f"{days} days summed up after {time.monotonic() - begun:.0f} s. Sign in as {email}, {PASSWORD!r}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
