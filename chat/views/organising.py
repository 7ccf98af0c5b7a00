"""Rename, pin, archive and delete a conversation; the archive and the trash."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import SignedInRequest
from chat import access
from chat.forms import TitleForm
from chat.models import Conversation
from chat.services import organising
from chat.services.conversations import delete_conversation
from chat.sidebar import kept_page


@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """A page with the title to change; the form stands in a dialog of the conversation's own page as well."""
    conversation = access.conversation_for(request.user, conversation_id)
    form = TitleForm(request.POST if request.method == "POST" else None, initial={"title": conversation.title})
    if not form.is_valid():
        template = "chat/_rename_form.html" if request.htmx else "chat/rename.html"
        context = {"conversation": conversation, "form": form}
        return render(request, template, context, status=422 if form.is_bound else 200)
    organising.rename_conversation(conversation=conversation, title=form.cleaned_data["title"])
    return organised(request, conversation, _("Renamed"))


@require_POST
def pin(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.conversation_for(request.user, conversation_id)
    organising.pin_conversation(conversation=conversation)
    return organised(request, conversation, _("Pinned"))


@require_POST
def unpin(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.conversation_for(request.user, conversation_id)
    organising.pin_conversation(conversation=conversation, pinned=False)
    return organised(request, conversation, _("No longer pinned"))


@require_POST
def archive(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.conversation_for(request.user, conversation_id)
    organising.archive_conversation(conversation=conversation)
    offer_undo(request, _("In the archive."), reverse("conversation_unarchive", args=[conversation.pk]))
    return organised(request, conversation)


@require_POST
def unarchive(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.conversation_for(request.user, conversation_id)
    organising.unarchive_conversation(conversation=conversation)
    messages.success(request, _("Back from the archive."))
    return organised(request, conversation)


@require_POST
def trash(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.conversation_for(request.user, conversation_id)
    organising.trash_conversation(conversation=conversation)
    words = _("“%(title)s” is in the trash.") % {"title": conversation.title}
    offer_undo(request, words, reverse("conversation_restore", args=[conversation.pk]))
    return redirect("home")


@require_POST
def restore(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.trashed_conversation_for(request.user, conversation_id)
    organising.restore_conversation(conversation=conversation)
    messages.success(request, _("Back from the trash."))
    return redirect(conversation)


@require_POST
def delete(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """For good, out of the trash."""
    conversation = access.trashed_conversation_for(request.user, conversation_id)
    delete_conversation(conversation=conversation)
    messages.success(request, _("“%(title)s” is gone for good.") % {"title": conversation.title})
    return redirect("trash")


@require_POST
def empty(request: SignedInRequest) -> HttpResponse:
    """Everything in the trash, for good."""
    number = organising.empty_trash(owner=request.user)
    words = ngettext("%(number)s conversation is gone for good.", "%(number)s conversations are gone for good.", number)
    messages.success(request, words % {"number": number})
    return redirect("trash")


@require_safe
def archived(request: SignedInRequest) -> HttpResponse:
    """What is in the archive, newest first, or with ?before=<conversation id> what is below it."""
    kept = Conversation.objects.visible_to(request.user).exclude(archived_at=None)
    rows, next_page = kept_page(kept, "archived_at", access.conversation_before(request))
    return render(request, "chat/archive.html", {"rows": rows, "next_page": next_page})


@require_safe
def trashed(request: SignedInRequest) -> HttpResponse:
    """What is in the trash, newest first, or with ?before=<conversation id> what is below it."""
    kept = Conversation.objects.owned_by(request.user).exclude(trashed_at=None)
    rows, next_page = kept_page(kept, "trashed_at", access.conversation_before(request))
    return render(request, "chat/trash.html", {"rows": rows, "next_page": next_page})


def organised(request: SignedInRequest, conversation: Conversation, said: str = "") -> HttpResponse:
    """The conversation's page, or of it what tells how it is kept; `said` is for those who hear the page."""
    if not request.htmx:
        return redirect(conversation)
    return render(request, "chat/organised.html", {"conversation": conversation, "said": said})


def offer_undo(request: SignedInRequest, words: str, url: str) -> None:
    """What has happened, with a button that takes it back."""
    messages.success(request, render_to_string("chat/_undo.html", {"words": words, "url": url}, request))
