"""What PostgreSQL tells: one listening connection per process and channel, mended for ever."""

import asyncio
from collections.abc import AsyncGenerator

import psycopg
import structlog
from django.conf import settings

RECONNECT_SECONDS = 1.0
log = structlog.get_logger(__name__)


async def notifications(channel: str) -> AsyncGenerator[str | None]:
    """The payload of each notification. None first, and after each break: something may have been missed."""
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(settings.DATABASE_DIRECT_URL, autocommit=True)
            async with connection:
                await connection.execute(f"LISTEN {channel}")
                yield None
                async for notification in connection.notifies():
                    yield notification.payload
        except psycopg.OperationalError:
            log.warning("listener_reconnecting", channel=channel)
        await asyncio.sleep(RECONNECT_SECONDS)
