"""A worker's word that it is alive: the lease on each reply it holds, renewed all together every few seconds."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from chat.delivery import steps

# Two may be missed before another worker takes over.
RENEWALS_PER_LEASE = 3
log = structlog.get_logger(__name__)


class Leases:
    """The replies in flight in this process. While there are any, a task of their own renews their leases."""

    def __init__(self) -> None:
        self.fences: dict[UUID, int] = {}
        self.renewing: asyncio.Task[None] | None = None
        # Of its own: in the thread that stores answers it might wait behind a thousand of them, longer than a lease.
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="leases")

    @contextmanager
    def holding(self, work: steps.Assignment) -> Iterator[None]:
        self.fences[work.reply_id] = work.fence
        if self.renewing is None or self.renewing.done():
            self.renewing = asyncio.create_task(self.keep_renewing())
        try:
            yield
        finally:
            del self.fences[work.reply_id]

    async def keep_renewing(self) -> None:
        while self.fences:
            await asyncio.sleep(settings.DELIVERY_LEASE_SECONDS / RENEWALS_PER_LEASE)
            try:
                await asyncio.get_running_loop().run_in_executor(self.thread, renew, dict(self.fences))
            except DatabaseError:
                log.warning("leases_not_renewed", replies=len(self.fences))


def renew(fences: dict[UUID, int]) -> None:
    """Raises DatabaseError. The connection goes back to its pool: it is not needed for a while."""
    try:
        steps.renew(fences)
    finally:
        connection.close()


leases = Leases()
