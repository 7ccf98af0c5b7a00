"""An owner's links: made with a preview, updated with what changes, listed, revoked."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import SignedInRequest, redirect_page
from chat import access
from chat.models import Conversation, Share, ShareView, Snapshot, SnapshotFile
from chat.models.attachment import media_type_of
from chat.services import shares
from chat.services.snapshots import changes_between, draft_of, messages_to_share, shown_in
from chat.share_forms import ShareForm
from chat.views.attachments import file_response, serving


# --- Making one ---------------------------------------------------------------
@sensitive_post_parameters("passphrase")
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def create(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """The form with its preview; sent, the new link, which is shown this once."""
    conversation = access.conversation_for(request.user, conversation_id)
    path = messages_to_share(conversation)
    form = ShareForm(request.POST, path=path) if request.method == "POST" else ShareForm.for_new(path=path)
    if not form.is_valid():
        return show_form(request, conversation, form, status=422 if form.is_bound else 200)
    try:
        share, token = shares.create_share(
            id=form.cleaned_data["id"],
            conversation=conversation,
            choice=form.choice,
            terms=form.terms,
            seen=form.cleaned_data["seen"],
        )
    except shares.MadeAlready:
        return redirect_page(request, reverse("shares"))
    except shares.Refusal as refusal:
        form.add_error(None, refusal.sentence)
        return show_form(request, conversation, form, status=422)
    return show_link(request, share, token)


@require_POST
def preview(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.conversation_for(request.user, conversation_id)
    form = ShareForm(request.POST, path=messages_to_share(conversation))
    return show_preview(request, conversation, form)


def show_preview(request: SignedInRequest, conversation: Conversation, form: ShareForm) -> HttpResponse:
    """What the form as it stands would show; whether it is complete is said when it is sent."""
    form.is_valid()
    form.errors.clear()
    if not request.htmx:
        return show_form(request, conversation, form, status=200)
    return render(request, "chat/share.html#preview", preview_context(conversation, form))


def preview_context(conversation: Conversation, form: ShareForm) -> dict[str, Any]:
    draft = draft_of(conversation, form.choice)
    context = {"draft": draft, "shown": draft.messages, "form": form}
    if form.share is None:
        return context
    snapshot = Snapshot.objects.filter(share=form.share).first()
    return context | {"changes": changes_between(snapshot, draft), "is_update": True}


def show_form(request: SignedInRequest, conversation: Conversation, form: ShareForm, *, status: int) -> HttpResponse:
    links = with_facts(request).filter(conversation=conversation, revoked_at=None)
    context = preview_context(conversation, form) | {
        "conversation": conversation,
        "links": [] if form.share else links,
        "anyone_allowed": shares.anyone_is_allowed(),
    }
    template = "chat/share.html#panel" if request.htmx else "chat/share.html"
    return render(request, template, context, status=status)


def show_link(request: SignedInRequest, share: Share, token: str) -> HttpResponse:
    """The one time that the address is known."""
    link = request.build_absolute_uri(reverse("shared", args=[token]))
    template = "chat/share_made.html#panel" if request.htmx else "chat/share_made.html"
    response = render(request, template, {"share": share, "link": link, "conversation": share.conversation})
    response["Cache-Control"] = "private, no-store"
    return response


# --- Living with them ---------------------------------------------------------
def with_facts(request: SignedInRequest) -> Any:
    """The person's links, with who has seen them. Two queries."""
    views = ShareView.objects.select_related("person").order_by("-last_at")
    return (
        Share.objects.visible_to(request.user)
        .newest_first()
        .select_related("conversation")
        .prefetch_related("people", "groups", Prefetch("seen_by", views))
    )


@require_safe
@never_cache
def index(request: SignedInRequest) -> HttpResponse:
    links = list(with_facts(request))
    context = {"links": links, "live": [link for link in links if not link.revoked_at]}
    return render(request, "chat/shares.html", context)


@sensitive_post_parameters("passphrase")
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def change(request: SignedInRequest, share_id: UUID) -> HttpResponse:
    """Update what a link shows and who may open it, after seeing what changes."""
    share = access.share_for(request.user, share_id)
    if share.revoked_at:
        return redirect("shares")
    path = messages_to_share(share.conversation)
    form = ShareForm(request.POST, path=path, share=share) if request.method == "POST" else None
    form = form or ShareForm.for_change(share, path=path)
    if not form.is_valid():
        return show_form(request, share.conversation, form, status=422 if form.is_bound else 200)
    try:
        shares.update_share(share=share, choice=form.choice, terms=form.terms, seen=form.cleaned_data["seen"])
    except shares.Refusal as refusal:
        form.add_error(None, refusal.sentence)
        return show_form(request, share.conversation, form, status=422)
    messages.success(request, _("Updated. The address is the same."))
    return redirect_page(request, reverse("shares"))


@require_POST
def preview_change(request: SignedInRequest, share_id: UUID) -> HttpResponse:
    share = access.share_for(request.user, share_id)
    form = ShareForm(request.POST, path=messages_to_share(share.conversation), share=share)
    return show_preview(request, share.conversation, form)


@require_POST
def reissue(request: SignedInRequest, share_id: UUID) -> HttpResponse:
    """A new address, since the old one can't be told again."""
    share = access.share_for(request.user, share_id)
    if share.revoked_at:
        return redirect("shares")
    return show_link(request, share, shares.reissue(share=share))


@require_POST
def revoke(request: SignedInRequest, share_id: UUID) -> HttpResponse:
    shares.revoke(share=access.share_for(request.user, share_id))
    messages.success(request, _("Revoked. Nobody can open it any more."))
    return redirect("shares")


@require_POST
def revoke_all(request: SignedInRequest) -> HttpResponse:
    count = shares.revoke_all(Share.objects.visible_to(request.user))
    sentence = ngettext("%d link is revoked.", "%d links are revoked.", count)
    messages.success(request, sentence % count)
    return redirect("shares")


@serving
def image(request: SignedInRequest, share_id: UUID, image_id: UUID) -> HttpResponse:
    """An image of what readers see, for the same."""
    share = access.share_to_look_at(request.user, share_id)
    frozen = get_object_or_404(SnapshotFile, snapshot=share.pk, pk=image_id)
    return file_response(frozen.file, media_type_of(frozen.file), name="image")


@require_safe
@never_cache
def snapshot(request: SignedInRequest, share_id: UUID) -> HttpResponse:
    """What readers see, for its owner, and for administrators once it was reported. It counts as no view."""
    share = access.share_to_look_at(request.user, share_id)
    frozen = Snapshot.objects.filter(share=share).first()
    context = {"share": share, "snapshot": frozen, "shown": shown_in(frozen) if frozen else []}
    return render(request, "chat/share_snapshot.html", context)
