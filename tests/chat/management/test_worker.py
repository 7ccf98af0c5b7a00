"""How a worker stands towards the database."""

import asyncio
from contextlib import suppress

import psycopg
import pytest
from django.db import connection, connections
from procrastinate.exceptions import ConnectorException

from chat.management.commands import worker


@pytest.fixture
def options(db: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Those of new connections, for this test alone."""
    options = dict(connections.settings["default"]["OPTIONS"])
    monkeypatch.setitem(connections.settings["default"], "OPTIONS", options)
    return options


def test_a_transaction_in_which_a_worker_halts_is_ended_by_the_database(options, monkeypatch):
    monkeypatch.setattr(worker, "HALTED", "50ms")
    worker.end_halted_transactions()
    facts = connection.get_connection_params()
    address = {name: facts[name] for name in ("dbname", "user", "password", "host", "port") if name in facts}
    with psycopg.connect(**address, options=options["options"]) as halted:
        halted.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            next(halted.notifies(timeout=5))


def test_other_options_are_kept(options):
    options["options"] = "-c work_mem=8MB"
    worker.end_halted_transactions()
    assert options["options"] == "-c work_mem=8MB -c idle_in_transaction_session_timeout=10s"


async def test_jobs_begin_anew_after_a_fault_of_the_database(monkeypatch):
    begun_again = asyncio.Event()
    faults = iter([ConnectorException("deadlock detected"), None])

    async def run_worker(**options: object) -> None:
        """Raises first, then ends as Procrastinate's own does when one of its side tasks has failed, then goes on."""
        for fault in faults:
            if fault:
                raise fault
            return
        begun_again.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(worker.app, "run_worker_async", run_worker)
    jobs = asyncio.create_task(worker.keep_running_jobs())
    await asyncio.wait_for(begun_again.wait(), 10)
    jobs.cancel()
    with suppress(asyncio.CancelledError):
        await jobs
