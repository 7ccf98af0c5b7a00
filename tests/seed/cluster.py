"""The database of `make run`, at work for as long as the seeded world is written or looked at."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config import embedded_postgres
from config.run import CannotRun, only_run_in

# The start of a cluster that is only being filled: a lost machine would lose what can be made again.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "8GB"}


@contextmanager
def database(environment: dict[str, str]) -> Iterator[None]:
    """That of DATABASE_URL, else the cluster of `make run`, started if that is not at work."""
    var_dir = Path(environment["VAR_DIR"])
    if environment.get("DATABASE_URL"):
        yield
        return
    with ExitStack() as held:
        try:
            held.enter_context(only_run_in(var_dir))
            held.enter_context(embedded_postgres.running(var_dir, **CARELESS))
        except CannotRun:
            print("The site is running, and its database with it.", flush=True)
        yield
