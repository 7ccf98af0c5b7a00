"""The list, and one conversation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import SignedInRequest
from accounts.services import api_keys
from chat import access
from chat.budget_notice import BudgetNotice
from chat.delivery.queue import attach_places
from chat.forms import MessageForm
from chat.models import Conversation, Draft, LanguageModel, Preset, Prompt, Reply
from chat.models.preset import default_among
from chat.queries import Transcript, origin_of, remembered_from, transcript, unsent_attachments
from chat.services.conversations import new_conversation
from chat.services.drafts import draft_for
from chat.services.organising import see_conversation
from chat.shelf_forms import PromptUseForm
from chat.sidebar import conversation_page
from chat.views.finding import opened_at


def page_context(conversation: Conversation, shown: Transcript, draft: Draft | None = None) -> dict[str, Any]:
    """What chat/conversation.html needs."""
    attach_places(shown.replies)
    keys = api_keys.keys_for(conversation.owner)
    models, unsent = list(LanguageModel.objects.on_offer_to(conversation.owner)), unsent_attachments(conversation)
    form = MessageForm.blank_for(conversation, models=models, keys=keys, draft=draft, attachments=unsent)
    earlier = f"{conversation.get_absolute_url()}?before={shown.earlier_than.pk}" if shown.earlier_than else ""
    return {
        "conversation": conversation,
        "transcript": shown.messages,
        "remembers_from": remembered_from(conversation.active_leaf_id) if shown.messages else None,
        "origin": None if shown.earlier_than else origin_of(conversation),
        "earlier_url": earlier,
        "form": form,
        "models": form.models,
        "has_key": any(key.can_pay for key in keys),
        "budget_notice": BudgetNotice(conversation, keys=keys),
    }


@require_safe
def new(request: SignedInRequest) -> HttpResponse:
    """An empty conversation. Its id is given out with the page, so that sending twice makes one.

    It starts with the preset of ?preset=<id>, else the default one, and with the text of ?prompt=<id> in its box.
    Without that, what was begun for a new conversation is gone on with, under the id that it began with.
    """
    presets = list(Preset.objects.visible_to(request.user).select_related("model").in_order())
    preset = chosen_preset(presets, request.GET.get("preset"))
    conversation = new_conversation(owner=request.user, preset=preset)
    prompt_id = request.GET.get("prompt")
    draft = None if prompt_id else draft_for(conversation)
    if draft:
        conversation.pk = draft.conversation_id
    context = page_context(conversation, transcript(None), draft)
    if prompt_id:
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
    """The newest messages of the active path, or with ?before=<message id> those above it.

    ?message=<message id> opens it at that one, ?find=<text> at the newest that has it: see chat/views/finding.py.
    """
    conversation = access.conversation_for(request.user, conversation_id)
    opened = opened_at(request, conversation)
    leaf_id, draft = opened.leaf_id, None
    if before := request.GET.get("before"):
        leaf_id = access.message_for(request.user, conversation_id, access.id_from(before)).parent_id
    else:
        draft = draft_for(conversation)
    shown = transcript(leaf_id)
    if conversation.seen_at is None or any(has_ended_since(conversation.seen_at, reply) for reply in shown.replies):
        see_conversation(conversation=conversation)
    context = page_context(conversation, shown, draft) | opened.context
    template = "chat/conversation.html#earlier" if request.htmx and before else "chat/conversation.html"
    return render(request, template, context)


def has_ended_since(moment: datetime, reply: Reply) -> bool:
    return reply.finished_at is not None and reply.finished_at > moment


@require_safe
@vary_on_headers("HX-Request")
def index(request: SignedInRequest) -> HttpResponse:
    """The person's conversations as in the side bar, or with ?before=<conversation id> those below it."""
    page = conversation_page(request.user, before=access.conversation_before(request))
    template = "chat/list.html#rows" if request.htmx else "chat/list.html"
    return render(request, template, {"page": page, "place": "side" if request.htmx else "page"})
