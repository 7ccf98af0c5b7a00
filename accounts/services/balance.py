"""A client of our own for the free question after a key's balance."""

from django.conf import settings

from chat.segmind import SegmindClient, Timeouts

# A person waits for this one, in a page.
TOTAL_SECONDS = 10.0


def new_client(*, max_connections: int = 1) -> SegmindClient:
    """Its calls end after TOTAL_SECONDS."""
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
        max_connections=max_connections,
    )
