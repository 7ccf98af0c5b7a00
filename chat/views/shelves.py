"""Saved prompts and presets: one's own and the team's, to be made, changed, moved, given to the team and copied."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import SignedInRequest
from chat import access
from chat.models import Preset, Prompt
from chat.models.shelved import Shelved
from chat.services import shelves
from chat.services.shelves import NameTaken, ShelfFull
from chat.shelf_forms import PresetForm, PromptForm, ShelvedForm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Shelf:
    """What there is of each kind. `name` is that of its address, `searched` are the fields that a search looks into.

    `joined`: relations that its list shows.
    """

    name: str
    kind: type[Shelved]
    form: type[ShelvedForm]
    searched: tuple[str, ...]
    title: "StrOrPromise"
    about: "StrOrPromise"
    new: "StrOrPromise"
    joined: tuple[str, ...] = ()


PROMPTS = Shelf(
    "prompts",
    Prompt,
    PromptForm,
    ("name", "text"),
    gettext_lazy("Saved prompts"),
    gettext_lazy("Texts that you send again and again. Type / in the message box to insert one."),
    gettext_lazy("New prompt"),
)
PRESETS = Shelf(
    "presets",
    Preset,
    PresetForm,
    ("name", "instruction", "model__label"),
    gettext_lazy("Presets"),
    gettext_lazy("Model, instruction and temperature to start a conversation with. New ones start with the default."),
    gettext_lazy("New preset"),
    joined=("model",),
)


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest, shelf: Shelf) -> HttpResponse:
    """All that the person sees, or those that have the words of ?q= in them; and a new one."""
    may_give = request.user.is_administrator
    form = shelf.form(
        request.POST if request.method == "POST" else None, person=request.user, may_give_to_team=may_give
    )
    if form.is_valid():
        owner = None if form.cleaned_data.get("for_team") else request.user
        if stored(form, shelves.put, shelf.kind(owner=owner, **form.content())):
            messages.success(request, _("Saved."))
            return redirect(shelf.name)
    words = request.GET.get("q", "").strip()
    context = {"shelf": shelf, "form": form, "words": words, **found(request, shelf, words)}
    return render(request, "chat/shelf.html", context, status=422 if form.is_bound else 200)


def found(request: SignedInRequest, shelf: Shelf, words: str) -> dict[str, Any]:
    things = shelf.kind.objects.visible_to(request.user).in_order()
    for word in words.split():
        things = things.filter(Q.create([(f"{field}__icontains", word) for field in shelf.searched], Q.OR))
    rows = list(things.prefetch_related(*shelf.joined))
    return {
        "own": [thing for thing in rows if not thing.is_teams],
        "teams": [thing for thing in rows if thing.is_teams],
    }


def stored(form: ShelvedForm, store: Any, thing: Shelved) -> bool:
    """Whether the service took it; if not, the reason stands beside the name."""
    try:
        store(thing=thing)
    except NameTaken:
        form.add_error("name", _("There is one of this name already."))
    except ShelfFull:
        form.add_error(None, too_many(thing))
    return form.is_valid()


def too_many(thing: Shelved) -> str:
    return _("There are %(most)d already, which is as many as there may be. Delete one first.") % {
        "most": thing.MOST_ON_A_SHELF
    }


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: SignedInRequest, shelf: Shelf, thing_id: UUID) -> HttpResponse:
    thing = access.shelved_to_change(request.user, shelf.kind, thing_id)
    initial = shelf.form.initial_of(thing)
    form = shelf.form(request.POST if request.method == "POST" else None, person=request.user, initial=initial)
    if form.is_valid():
        for name, value in form.content().items():
            setattr(thing, name, value)
        if stored(form, shelves.change, thing):
            messages.success(request, _("Saved."))
            return redirect(shelf.name)
    context = {"shelf": shelf, "thing": thing, "form": form}
    return render(request, "chat/shelved.html", context, status=422 if form.is_bound else 200)


@require_POST
def remove(request: SignedInRequest, shelf: Shelf, thing_id: UUID) -> HttpResponse:
    thing = access.shelved_to_change(request.user, shelf.kind, thing_id)
    shelves.remove(thing=thing)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": thing.name})
    return redirect(shelf.name)


@require_POST
def move(request: SignedInRequest, shelf: Shelf, thing_id: UUID) -> HttpResponse:
    """One place up, or down if `direction` says so."""
    thing = access.shelved_to_change(request.user, shelf.kind, thing_id)
    shelves.move(thing=thing, up=request.POST.get("direction") != "down")
    return redirect(shelf.name)


@require_POST
def promote(request: SignedInRequest, shelf: Shelf, thing_id: UUID) -> HttpResponse:
    """Give one's own to the team."""
    if not request.user.is_administrator:
        raise PermissionDenied
    thing = access.shelved_to_change(request.user, shelf.kind, thing_id)
    try:
        shelves.give_to_team(thing=thing)
    except NameTaken:
        messages.error(request, _("The team has one of this name already. Give yours another name first."))
    except ShelfFull:
        messages.error(request, too_many(thing))
    else:
        messages.success(request, _("“%(name)s” is the team's now.") % {"name": thing.name})
    return redirect(shelf.name)


@require_POST
def copy(request: SignedInRequest, shelf: Shelf, thing_id: UUID) -> HttpResponse:
    """One's own copy, to be changed."""
    thing = access.shelved_for(request.user, shelf.kind, thing_id)
    try:
        own = shelves.copy_for(request.user, thing=thing)
    except ShelfFull:
        messages.error(request, too_many(thing))
        return redirect(shelf.name)
    messages.success(request, _("This copy is yours."))
    return redirect(f"{shelf.name}_change", own.pk)
