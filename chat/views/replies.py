"""A reply on its way: wait for it, stop it, try again."""

import math
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import SignedInRequest
from chat import access
from chat.delivery.queue import attach_places
from chat.forms import TryAgainForm
from chat.live import Bell, Waiting, listener
from chat.models import LanguageModel, Reply
from chat.queries import attach_replies
from chat.services.messages import NoUsableKey
from chat.services.replies import CannotSee, NeedsConfirmation, NotOffered, StillRunning, stop_reply, try_again
from chat.tree import attach_versions

# Nobody is told that those ahead have gone, so a browser in the queue looks again.
PLACE_SECONDS = 2.0
# What is held waits for its person, perhaps in another tab, and that may take hours.
HELD_SECONDS = 10.0


@require_safe
def wait(request: SignedInRequest, reply_id: UUID) -> HttpResponse:
    """The whole message, once its reply is in another state than ?state= says; 204 after 25 s without news."""
    bell = Bell(listener, reply_id)  # before the look, so that no change can slip in between
    try:
        reply = access.reply_for(request.user, reply_id)
    except Http404:
        bell.take_down()
        raise
    attach_places([reply])
    if is_news(request, reply):
        bell.take_down()
        return render_message(request, reply)
    if reply.stage != request.GET.get("state"):
        bell.catch_up(reply.state)
    return Waiting(bell, look_again_seconds=seconds_until_next_look(reply))


def seconds_until_next_look(reply: Reply) -> float:
    if reply.state != Reply.State.QUEUED:
        return math.inf
    return HELD_SECONDS if reply.place and reply.place.is_held else PLACE_SECONDS


def is_news(request: SignedInRequest, reply: Reply) -> bool:
    """An end always is; a step on the way only to a browser that has waited, since the next one may follow at once."""
    is_worth_showing = not reply.is_running or getattr(request, "has_waited", False)
    return reply.stage != request.GET.get("state") and is_worth_showing


def render_message(request: SignedInRequest, reply: Reply, status: int = 200) -> HttpResponse:
    """The message that the reply is for, as its latest reply has it."""
    message = reply.message
    assert message is not None
    message.reply = reply
    if not reply.is_running and reply.state != Reply.State.COMPLETED:  # else there is no later one
        attach_replies([message])
    if "versions" in request.GET or request.method == "POST":  # a page says whether there are any
        attach_versions([message])
    # Only a failure offers other models, and even to put the query together takes as long as all around it.
    models = SimpleLazyObject(partial(LanguageModel.objects.on_offer_to, request.user))
    context: dict[str, Any] = {"message": message, "models": models}
    if request.method == "GET":
        context["messages"] = []  # those of the page before are for the page after; they are in the session, unread
    return render(request, "chat/reply.html", context, status=status)


@require_POST
def retry(request: SignedInRequest, reply_id: UUID) -> HttpResponse:
    """Another attempt at the same message, by the same model or the one in `model`."""
    reply = access.reply_for(request.user, reply_id)
    form, status = TryAgainForm(request.POST, models=list(LanguageModel.objects.on_offer_to(request.user))), 200
    if form.is_valid():
        try:
            try_again(reply=reply, model=form.cleaned_data["model"], confirmed=form.cleaned_data["confirm"])
        except NoUsableKey:
            messages.error(request, _("There is no working key to pay for this. Add one, then try again."))
        except CannotSee:
            messages.error(request, _("This model can't see the images of the question. Choose another one."))
        except NotOffered:
            messages.error(request, _("This model is not on offer to you any more. Choose another one."))
        except NeedsConfirmation:
            status = 422
        except StillRunning:
            pass  # clicked twice: the first click's attempt is what the person sees
    return answer(request, reply_id, status)


@require_POST
def stop(request: SignedInRequest, reply_id: UUID) -> HttpResponse:
    """The person no longer wants this reply."""
    reply = access.reply_for(request.user, reply_id)
    if reply.is_running:
        stop_reply(reply=reply)
    return answer(request, reply_id, 200)


def answer(request: SignedInRequest, reply_id: UUID, status: int) -> HttpResponse:
    reply = access.reply_for(request.user, reply_id)
    if request.htmx:
        return render_message(request, reply, status)
    assert reply.message is not None
    return redirect("conversation", reply.message.conversation_id)
