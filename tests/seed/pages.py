"""`python -m tests.seed.pages`: how long each page of the admin panel takes in the seeded world, and how many queries.

In this process, so without a browser and a network. The first opening of each is left out; then the median of three.
"""

import os
import statistics
import sys
from pathlib import Path

import django

from config import embedded_postgres
from config.run import read_environment
from tests.seed.cluster import database

OPENINGS = 3


def main() -> int:
    environment = read_environment()
    with database(environment):
        address = environment.get("DATABASE_URL") or embedded_postgres.url(Path(environment["VAR_DIR"]))
        own = {"DATABASE_URL": address, "SANDBOX_URL": "http://sandbox.invalid", "ALLOWED_HOSTS": "testserver"}
        os.environ |= environment | own | {"LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "config.settings"}
        django.setup()
        look_at_all()
    return 0


def look_at_all() -> None:
    from django.core.management import call_command  # leaf: these need django.setup()

    from tests.seed.visit import addresses, administrator_client, opened

    call_command("collectstatic", interactive=False, verbosity=0)
    client = administrator_client()
    for address in addresses():
        opened(client, address)
        looks = [opened(client, address) for _ in range(OPENINGS)]
        seconds = statistics.median(look.seconds for look in looks)
        print(f"{seconds * 1000:7.0f} ms {looks[-1].queries:4} queries {looks[-1].status}  {address}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
