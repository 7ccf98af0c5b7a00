"""`make bench-data`: a million messages in a database of their own, and how long searching them takes.

The cluster is made in var/bench-data and removed at the end, so nobody's data is touched; it takes about 4 GB and, on
two cores, some minutes. Times are those of all a search's statements together as the site sends them, without Python's.
"""

import argparse
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable

import django

from config import embedded_postgres
from config.run import BASE_DIR
from tests.bench import data

MESSAGES = 1_000_000
TIMES = 7
# Loading is quick and careless; reading has the memory that PostgreSQL takes unless told otherwise.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "8GB"}
SEARCHES = {
    "a rare word": None,
    "a common word": "function",
    "the commonest": "the",
    "several words": "python error query",
    "a phrase": '"error system"',
    "a beginning": "func",
    "a mistyped word": "functoin",
    "a word and not another": "python -error",
    "nothing like it": "xylophonist",
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=MESSAGES)
    options.add_argument("--keep", action="store_true", help="leave the data, and use what an earlier run left")
    options.add_argument("--plans", action="store_true", help="print the plan of each search")
    chosen = options.parse_args()
    folder = BASE_DIR / "var" / "bench-data"
    is_new = not (folder / "postgres").exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with embedded_postgres.running(folder, **CARELESS) as address:
            set_up_django(address)
            measure(address, chosen.messages if is_new else 0, plans=chosen.plans)
    finally:
        if not chosen.keep:
            shutil.rmtree(folder)
    return 0


def set_up_django(address: str) -> None:
    os.environ |= {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings_test"}
    django.setup()
    from django.core.management import call_command  # only now are there settings

    call_command("migrate", verbosity=0, skip_checks=True)


def measure(address: str, messages: int, *, plans: bool) -> None:
    from tests.bench import searching  # only now are there models

    if messages:
        took = timed(lambda: data.fill(address, messages=messages, **searching.people_and_model()))
        print(f"{messages:,} messages written and indexed in {took:.0f} s", flush=True)
    print(searching.sizes())
    for person, role in searching.busiest_and_usual():
        rare = searching.rare_word_of(person)
        print(f"\n{role}, {searching.messages_of(person):,} messages: median and worst of {TIMES}, ms; the first; hits")
        for name, text in SEARCHES.items():
            times, hits = zip(*(searching.search_once(person, text or rare) for _ in range(TIMES)), strict=True)
            print(
                f"{name:24} {statistics.median(times):8.1f} {max(times):8.1f} {times[0]:8.1f} {hits[-1]:8}", flush=True
            )
            if plans:
                print(searching.plan_of(person, text or rare))
    print("\nWriting, ms a row (median of 300): " + searching.writing(address))


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
