"""The palette, and the keys that one can use."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import SignedInRequest
from chat.palette import choices
from chat.shortcuts import SHORTCUTS


@require_safe
@never_cache
def palette(request: SignedInRequest) -> HttpResponse:
    """The options that fit ?q=; with ?composer the models as well, since there is something to choose them for."""
    groups = choices(request.user, request.GET.get("q", ""), has_composer="composer" in request.GET)
    number = sum(len(group.options) for group in groups)
    return render(request, "chat/palette.html", {"groups": groups, "number": number})


@require_safe
@vary_on_headers("HX-Request")
def shortcuts(request: SignedInRequest) -> HttpResponse:
    template = "chat/shortcuts.html#table" if request.htmx else "chat/shortcuts.html"
    return render(request, template, {"shortcuts": SHORTCUTS})


@require_POST
def preference(request: SignedInRequest) -> HttpResponse:
    """Whether single keys do something."""
    request.user.single_key_shortcuts = "single_key_shortcuts" in request.POST
    request.user.save(update_fields=["single_key_shortcuts"])
    messages.success(request, _("Saved."))
    return redirect("shortcuts")
