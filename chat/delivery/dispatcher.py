"""A worker's heart: claims what is due and sends it, hundreds at once, each in a task of its own."""

import asyncio
from contextlib import aclosing, suppress

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from accounts.vault import KeyringError
from chat.delivery import steps
from chat.delivery.process import carry_out, store
from chat.delivery.rescue import rescue
from chat.delivery.restored import doubt_what_was_restored
from chat.notifications import notifications

CHANNEL = "parley_queue"
# News come by notification; this is for one that got lost.
LONGEST_SLEEP_SECONDS = 2.0
log = structlog.get_logger(__name__)


class Dispatcher:
    """`run` until `leave` is called. Any number of them may run at once, on any number of machines."""

    def __init__(self) -> None:
        self.leaving = asyncio.Event()
        self.news = asyncio.Event()
        self.in_flight: set[asyncio.Task[None]] = set()

    def leave(self) -> None:
        """Take no new work. What Segmind works on by v2 is left to the next worker, v1 calls may still finish."""
        self.leaving.set()
        self.news.set()

    async def run(self) -> None:
        """Returns once nothing is in flight any more, and at the latest after the grace period."""
        helpers = [asyncio.create_task(self.listen()), asyncio.create_task(self.keep_rescuing())]
        try:
            await store(doubt_what_was_restored)
            while not self.leaving.is_set():
                self.news.clear()
                await self.sleep(await self.start_what_is_due())
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await self.finish()

    async def listen(self) -> None:
        async with aclosing(notifications(CHANNEL)) as told:
            async for _ in told:
                self.news.set()

    async def start_what_is_due(self) -> float:
        """Seconds until it is worth looking again."""
        room = settings.WORKER_CONCURRENCY - len(self.in_flight)
        try:
            due = await sync_to_async(steps.claim)(limit=room)
        # Nothing is claimed then, and nothing sent: it is tried again once the fault is mended.
        except (DatabaseError, KeyringError) as error:
            log.warning("queue_not_read", error=type(error).__name__)
            await sync_to_async(close_old_connections)()
            return LONGEST_SLEEP_SECONDS
        for work in due.assignments:
            self.start(work)
        if due.look_again_at is None:
            return LONGEST_SLEEP_SECONDS
        return (due.look_again_at - timezone.now()).total_seconds()

    def start(self, work: steps.Assignment) -> None:
        task = asyncio.create_task(carry_out(work, leaving=self.leaving))
        self.in_flight.add(task)
        task.add_done_callback(self.ended)

    def ended(self, task: asyncio.Task[None]) -> None:
        self.in_flight.discard(task)
        if len(self.in_flight) + 1 >= settings.WORKER_CONCURRENCY:
            self.news.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("delivery_broke", exc_info=error)

    async def sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(min(max(seconds, 0.0), LONGEST_SLEEP_SECONDS)):
                await self.news.wait()

    async def keep_rescuing(self) -> None:
        while True:
            try:
                await rescue()
                for work in await sync_to_async(steps.take_over)(limit=settings.WORKER_CONCURRENCY):
                    self.start(work)
            # Broad on purpose: a rescue that ends after one fault, such as an unreadable keyring, is missed by nobody.
            except Exception:
                log.exception("rescue_failed")
                await sync_to_async(close_old_connections)()
            await asyncio.sleep(settings.DELIVERY_RESCUE_SECONDS)

    async def finish(self) -> None:
        if not self.in_flight:
            return
        _, late = await asyncio.wait(self.in_flight, timeout=settings.WORKER_GRACE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
