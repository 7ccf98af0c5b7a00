"""Files that go with messages: chosen, shown to their owner, described, removed."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.csp import CSP
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import SignedInRequest
from chat import access
from chat.forms import MessageForm
from chat.models import Attachment, Conversation
from chat.queries import transcript
from chat.services import attachments
from chat.services.conversations import new_conversation
from chat.services.uploads import CannotAttach, harmless_name
from chat.views.conversations import page_context

DAY_SECONDS = 24 * 60 * 60
GONE = gettext_lazy("A file is no longer there: it was removed, or sent already. Attach it again.")
# A file that is opened by itself may do nothing at all, whatever a browser takes it for. Browsers lay out the page that
# they make around an image by styles of their own.
NOTHING: dict[str, Any] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "sandbox": True,
    "frame-ancestors": [CSP.NONE],
}


def serving(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views that answer with a person's file: for this person's browser alone, which is to guess nothing."""

    @require_safe
    @cache_control(private=True, max_age=DAY_SECONDS)
    @csp_override(NOTHING)
    @wraps(view)
    def served(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["X-Content-Type-Options"] = "nosniff"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return served


@serving
@vary_on_headers("HX-Request")
def show(request: SignedInRequest, attachment_id: UUID) -> HttpResponse:
    """The image, or the text; within a page the text as a block with a button to copy it."""
    attachment = access.attachment_for(request.user, attachment_id)
    if attachment.is_image:
        return file_response(attachment.file, attachment.media_type, name=attachment.name)
    if request.htmx:
        return render(request, "chat/_attachment_text.html", {"attachment": attachment})
    response = HttpResponse(attachment.text, content_type=attachment.media_type)
    response["Content-Disposition"] = shown_as(attachment.name)
    return response


@serving
def thumbnail(request: SignedInRequest, attachment_id: UUID) -> HttpResponse:
    attachment = access.attachment_for(request.user, attachment_id)
    if not attachment.is_image:
        raise Http404
    return file_response(attachment.thumbnail, "image/webp", name=attachment.name)


def file_response(stored: str, media_type: str, *, name: str) -> HttpResponse:
    """A stored file of at most 2 MB. Raises Http404 if the storage has lost it."""
    try:
        with default_storage.open(stored) as file:
            content = file.read()
    except FileNotFoundError as exc:
        raise Http404 from exc
    # It is compressed already; said here, no middleware tries it again.
    response = HttpResponse(content, content_type=media_type, headers={"Content-Encoding": "identity"})
    response["Content-Disposition"] = shown_as(name)
    return response


def shown_as(name: str) -> str:
    """Shown, not saved; under its own name if it is saved."""
    return content_disposition_header(False, name) or "inline"


@require_POST
def create(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """Take in one file for the next message. Answers with its place in the composer, or with a sentence why not."""
    conversation = access.conversation_to_write_in(request.user, conversation_id)
    upload = request.FILES.get("files")
    if upload is None:
        return HttpResponse(_("Choose a file."), status=422, content_type="text/plain; charset=utf-8")
    try:
        attachment = attachments.attach(owner=request.user, conversation=stored(conversation), upload=upload)
    except CannotAttach as exc:
        return HttpResponse(exc.reason.label, status=422, content_type="text/plain; charset=utf-8")
    return render(request, "chat/_attachment.html", {"attachment": attachment})


def enclosures(request: SignedInRequest, conversation: Conversation) -> tuple[list[Attachment], list[str]]:
    """What goes with a message that was posted: files chosen before, and without a script those that come with it.

    Beside it a sentence for each that can't go.
    """
    ids = [access.id_from(word) for word in request.POST.getlist("attachments")]
    found = access.attachments_for(request.user, ids) if ids else []
    problems = [str(GONE)] if len(found) < len(set(ids)) else []
    for upload in request.FILES.getlist("files"):
        try:
            found.append(attachments.attach(owner=request.user, conversation=stored(conversation), upload=upload))
        except CannotAttach as exc:
            problems.append(f"{harmless_name(upload.name or '')}: {exc.reason.label}")
    return found, problems


def stored(conversation: Conversation) -> Conversation | None:
    """None while it has no row yet."""
    return None if conversation.is_new else conversation


def still_unsent(chosen: list[Attachment]) -> list[Attachment]:
    ids = [attachment.pk for attachment in chosen]
    return list(Attachment.objects.unsent().light().filter(pk__in=ids).in_order())


@require_POST
def describe(request: SignedInRequest, attachment_id: UUID) -> HttpResponse:
    """Change an image's description. The composer keeps its box; a message gets its images anew."""
    attachment = access.attachment_for(request.user, attachment_id)
    attachments.describe(attachment=attachment, alt=request.POST.get(attachment.alt_field, ""))
    if request.htmx and attachment.message_id is None:
        return HttpResponse(status=204)
    if request.htmx:
        return render(request, "chat/_attached_image.html", {"attachment": attachment})
    return redirect(attachment.conversation or "home")


@require_POST
def remove(request: SignedInRequest, attachment_id: UUID) -> HttpResponse:
    """Take an unsent file back. Without htmx the composer comes again with all that was typed."""
    attachment = access.attachment_for(request.user, attachment_id)
    attachments.remove(attachment=attachment)
    if request.htmx:
        return HttpResponse()
    conversation = attachment.conversation or new_conversation(owner=request.user)
    page = page_context(conversation, transcript(conversation.active_leaf_id))
    blank: MessageForm = page["form"]
    typed = {name: request.POST[name] for name in blank.fields if name in request.POST}
    page["form"] = MessageForm(
        models=blank.models, keys=blank.keys, attachments=blank.attachments, initial={**blank.initial, **typed}
    )
    return render(request, "chat/conversation.html", page)
