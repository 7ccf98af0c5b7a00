"""Clients for Segmind, built from the settings; the worker has one."""

from functools import cache

from django.conf import settings

from chat.segmind import SegmindClient, Timeouts


@cache
def segmind_client() -> SegmindClient:
    """One per process, so that all replies in flight share its connections."""
    return new_client()


def new_client() -> SegmindClient:
    """One more, for whoever closes it again."""
    return SegmindClient(
        base_url=settings.SEGMIND_BASE_URL,
        timeouts=Timeouts(
            connect=settings.SEGMIND_CONNECT_SECONDS,
            read=settings.SEGMIND_READ_SECONDS,
            write=settings.SEGMIND_WRITE_SECONDS,
            pool=settings.SEGMIND_POOL_SECONDS,
            total=settings.SEGMIND_TOTAL_SECONDS,
        ),
        version=settings.VERSION,
        max_connections=settings.SEGMIND_MAX_CONNECTIONS,
    )
