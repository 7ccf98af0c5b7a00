"""Conversations that come back."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from chat.forms import ImportForm
from chat.services.imports import import_file


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    """Import a file, or with `trial` only say what would come of it. The same file again does no harm."""
    form = ImportForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    is_trial = "trial" in request.POST
    context: dict[str, Any] = {"form": form, "is_trial": is_trial, "is_fragment": bool(request.htmx)}
    if form.is_valid():
        lines = import_file(owner=request.user, file=form.cleaned_data["file"], is_trial=is_trial)
        context["lines"] = list(lines)
    template = "chat/import.html#main" if request.htmx else "chat/import.html"
    return render(request, template, context, status=422 if form.errors else 200)
