"""What PostgreSQL tells: one listening connection per process and channel, mended for ever."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

import psycopg
import structlog
from django.conf import settings

RECONNECT_SECONDS = 1.0
log = structlog.get_logger(__name__)


async def notifications(channel: str) -> AsyncGenerator[str | None]:
    """The payload of each notification. None first, and after each break: something may have been missed.

    Read from the connection as they come in: psycopg's own way looks around ten times a second, and for each of them
    does what a whole query needs.
    """
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(settings.DATABASE_DIRECT_URL, autocommit=True)
            async with connection:
                await connection.execute(f"LISTEN {channel}")
                yield None
                with readable(connection.fileno()) as has_news:
                    while True:
                        while notification := connection.pgconn.notifies():
                            yield notification.extra.decode()
                        await has_news.wait()
                        has_news.clear()
                        connection.pgconn.consume_input()
        except psycopg.OperationalError:
            log.warning("listener_reconnecting", channel=channel)
        await asyncio.sleep(RECONNECT_SECONDS)


@contextmanager
def readable(file: int) -> Iterator[asyncio.Event]:
    """An event that is set whenever there is something to read from this file descriptor."""
    loop, event = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(file, event.set)
    try:
        yield event
    finally:
        loop.remove_reader(file)
