"""The list, one conversation, and its deletion."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import SignedInRequest
from accounts.services import api_keys
from chat import access
from chat.delivery.queue import attach_places
from chat.forms import MessageForm
from chat.models import Conversation, LanguageModel, Preset, Prompt
from chat.models.preset import default_among
from chat.queries import Transcript, conversation_page, remembered_from, transcript
from chat.services.conversations import delete_conversation, new_conversation
from chat.shelf_forms import PromptUseForm


def page_context(conversation: Conversation, shown: Transcript) -> dict[str, Any]:
    """What chat/conversation.html needs."""
    attach_places(shown.replies)
    keys = api_keys.keys_for(conversation.owner)
    form = MessageForm.blank_for(conversation, models=list(LanguageModel.objects.on_offer()), keys=keys)
    earlier = f"{conversation.get_absolute_url()}?before={shown.earlier_than.pk}" if shown.earlier_than else ""
    return {
        "conversation": conversation,
        "transcript": shown.messages,
        "remembers_from": remembered_from(conversation.active_leaf_id) if shown.messages else None,
        "waiting": shown.is_waiting,
        "earlier_url": earlier,
        "form": form,
        "models": form.models,
        "has_key": any(key.can_pay for key in keys),
    }


@require_safe
def new(request: SignedInRequest) -> HttpResponse:
    """An empty conversation. Its id is given out with the page, so that sending twice makes one.

    It starts with the preset of ?preset=<id>, else the default one, and with the text of ?prompt=<id> in its box.
    """
    presets = list(Preset.objects.visible_to(request.user).select_related("model").in_order())
    preset = chosen_preset(presets, request.GET.get("preset"))
    context = page_context(new_conversation(owner=request.user, preset=preset), transcript(None))
    if prompt_id := request.GET.get("prompt"):
        prompt = access.shelved_for(request.user, Prompt, access.id_from(prompt_id))
        context["form"].initial["text"] = PromptUseForm(request.GET, prompt=prompt).text()
    return render(request, "chat/conversation.html", context | {"presets": presets, "preset": preset})


def chosen_preset(presets: list[Preset], chosen: str | None) -> Preset | None:
    """The preset of this id, without one the default. Raises Http404."""
    if not chosen:
        return default_among(presets)
    chosen_id = access.id_from(chosen)
    for preset in presets:
        if preset.pk == chosen_id:
            return preset
    raise Http404


@require_safe
@vary_on_headers("HX-Request")
def show(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """The newest messages of the active path, or with ?before=<message id> those above it."""
    conversation = access.conversation_for(request.user, conversation_id)
    leaf_id = conversation.active_leaf_id
    if before := request.GET.get("before"):
        leaf_id = access.message_for(request.user, conversation_id, access.id_from(before)).parent_id
    context = page_context(conversation, transcript(leaf_id))
    template = "chat/conversation.html#earlier" if request.htmx and before else "chat/conversation.html"
    return render(request, template, context)


@require_safe
@vary_on_headers("HX-Request")
def index(request: SignedInRequest) -> HttpResponse:
    """The person's conversations, newest first, or with ?before=<conversation id> those below it."""
    above = None
    if before := request.GET.get("before"):
        above = access.conversation_for(request.user, access.id_from(before))
    page = conversation_page(request.user, before=above)
    template = "chat/list.html#rows" if request.htmx else "chat/list.html"
    return render(request, template, {"conversations": page.conversations, "next_page_url": page.next_page_url})


@require_POST
def delete(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    delete_conversation(conversation=access.conversation_for(request.user, conversation_id))
    return redirect("home")
