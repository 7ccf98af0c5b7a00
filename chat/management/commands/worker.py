"""`manage.py worker`: delivers replies, and runs the jobs that Procrastinate keeps. Start as many as are needed."""

import asyncio
import signal
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, connections
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from chat.delivery.dispatcher import Dispatcher

HALTED = "10s"
PAUSE_SECONDS = 2.0
log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Deliver replies and run jobs, until SIGTERM or SIGINT."

    def handle(self, *args: Any, **options: Any) -> None:
        end_halted_transactions()
        with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
            asyncio.run(work())


def end_halted_transactions() -> None:
    """A worker that halts inside a transaction, which all are short, lets go of its locks: others wait for them."""
    options = connections.settings[DEFAULT_DB_ALIAS]["OPTIONS"]
    options["options"] = f"{options.get('options', '')} -c idle_in_transaction_session_timeout={HALTED}".strip()


async def work() -> None:
    """Run both until one of the signals; a fault in our own code takes both down, and the command fails."""
    dispatcher = Dispatcher()
    async with app.open_async():
        jobs = asyncio.create_task(keep_running_jobs())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, dispatcher.leave)
        jobs.add_done_callback(lambda _: dispatcher.leave())
        try:
            await dispatcher.run()
        finally:
            jobs.cancel()
            await asyncio.wait([jobs])
    if not jobs.cancelled():
        jobs.result()


async def keep_running_jobs() -> None:
    """Procrastinate's worker, which a fault of the database ends, begun anew: replies go on without it meanwhile."""
    while True:
        try:
            await app.run_worker_async(install_signal_handlers=False)
        except ConnectorException as error:
            log.warning("jobs_not_run", error=type(error).__name__)
        await asyncio.sleep(PAUSE_SECONDS)
