"""Asking Segmind for a key's balance, from a page: the free call that also tells whether the key works."""

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection

from chat.segmind import Balance, KeyValue, SegmindClient, Timeouts

# A person waits for this one, in a page.
TOTAL_SECONDS = 10.0


def fetch_balance(value: KeyValue) -> Balance:
    """One GET, ended after TOTAL_SECONDS. Raises chat.segmind.SegmindError."""
    # The request would keep its pooled connection while it waits for Segmind, and a few would stop the site.
    if not connection.in_atomic_block:
        connection.close()
    return async_to_sync(_fetch_balance)(value)


async def _fetch_balance(value: KeyValue) -> Balance:
    client = new_client()
    try:
        return await client.balance(value)
    finally:
        await client.aclose()


def new_client() -> SegmindClient:
    return SegmindClient(
        base_url=settings.SEGMIND_BASE_URL,
        timeouts=Timeouts(
            connect=min(settings.SEGMIND_CONNECT_SECONDS, TOTAL_SECONDS),
            read=min(settings.SEGMIND_READ_SECONDS, TOTAL_SECONDS),
            write=min(settings.SEGMIND_WRITE_SECONDS, TOTAL_SECONDS),
            pool=min(settings.SEGMIND_POOL_SECONDS, TOTAL_SECONDS),
            total=TOTAL_SECONDS,
            total_of_get=TOTAL_SECONDS,
        ),
        version=settings.VERSION,
        max_connections=1,
    )
