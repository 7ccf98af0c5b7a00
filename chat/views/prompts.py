"""A saved prompt on its way into the message box."""

import json
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import SignedInRequest
from chat import access
from chat.models import Prompt
from chat.shelf_forms import PromptUseForm


@require_safe
def choices(request: SignedInRequest) -> HttpResponse:
    """The list that opens at a "/" in the message box."""
    prompts = Prompt.objects.visible_to(request.user).in_order()
    return render(request, "chat/prompt_choices.html", {"prompts": prompts})


@require_safe
@vary_on_headers("HX-Request")
def use(request: SignedInRequest, thing_id: UUID) -> HttpResponse:
    """Asks for the prompt's variables: a page, or the form alone, with the text in pieces for the script to join."""
    prompt = access.shelved_for(request.user, Prompt, thing_id)
    context = {"prompt": prompt, "form": PromptUseForm(prompt=prompt), "parts": json.dumps(prompt.outline.parts)}
    return render(request, "chat/prompt_use.html#form" if request.htmx else "chat/prompt_use.html", context)
