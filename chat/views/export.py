"""One's own data, to take away."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from typing import IO

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from chat.services.export import write_archive

CHUNK_BYTES = 64 * 1024


@require_POST
@never_cache
def create(request: SignedInRequest) -> StreamingHttpResponse:
    """A ZIP, made in a temporary file and sent in pieces, so that its size costs no memory."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response outlives this function, and closes it
    write_archive(owner=request.user, file=file)
    headers = {
        "Content-Disposition": f'attachment; filename="parley-{timezone.localdate():%Y-%m-%d}.zip"',
        "Content-Length": str(file.tell()),
        # It is compressed already; said here, no middleware tries it again.
        "Content-Encoding": "identity",
    }
    return StreamingHttpResponse(pieces_of(file), content_type="application/zip", headers=headers)


async def pieces_of(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield piece
