"""One's own data, to take away: all of it, or one conversation, also on paper."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from typing import IO
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import SignedInRequest
from chat import access
from chat.queries import attach_attachments, path_to
from chat.services.export import PARTS, complete_attachments, file_name, write_archive, write_parts

CHUNK_BYTES = 64 * 1024
TYPES = {"md": "text/markdown", "json": "application/json", "html": "text/html"}
# Should a browser open the file instead of keeping it: nothing in it runs, and it is of no site.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@require_POST
@never_cache
def create(request: SignedInRequest) -> StreamingHttpResponse:
    """Everything, as a ZIP."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response outlives this function, and closes it
    write_archive(owner=request.user, file=file)
    # It is compressed already; said here, no middleware tries it again.
    headers = {"Content-Encoding": "identity"}
    return download(file, f"parley-{timezone.localdate():%Y-%m-%d}.zip", "application/zip", headers)


@require_safe
def show(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """The forms in which a conversation can be kept."""
    conversation = access.conversation_for(request.user, conversation_id)
    return render(request, "chat/export_conversation.html", {"conversation": conversation})


@require_safe
@never_cache
def conversation_file(request: SignedInRequest, conversation_id: UUID, ending: str) -> StreamingHttpResponse:
    """One conversation, as a file with this ending."""
    conversation = access.conversation_for(request.user, conversation_id)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response outlives this function, and closes it
    write_parts(PARTS[ending](conversation), file)
    headers = {"Content-Security-Policy": SANDBOX}
    return download(file, f"{file_name(conversation)}.{ending}", f"{TYPES[ending]}; charset=utf-8", headers)


@require_safe
def printable(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """The whole active path on one page, with nothing else on it."""
    conversation = access.conversation_for(request.user, conversation_id)
    messages = path_to(conversation.active_leaf_id)
    prefetch_related_objects(messages, "model")
    attach_attachments(messages)
    complete_attachments(messages, picture_of=lambda image: reverse("attachment_thumbnail", args=[image.pk]))
    return render(request, "chat/printable.html", {"conversation": conversation, "transcript": messages})


def download(file: IO[bytes], name: str, content_type: str, headers: dict[str, str]) -> StreamingHttpResponse:
    """What was written to a temporary file, sent in pieces, so that its size costs no memory."""
    facts = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(file.tell())}
    return StreamingHttpResponse(pieces_of(file), content_type=content_type, headers=facts | headers)


async def pieces_of(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield piece
