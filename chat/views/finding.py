"""A conversation opened at one of its messages, and finding a text inside it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from chat import access
from chat.models import Conversation
from chat.queries import page_end_below
from chat.search.inside import Matches, find


@dataclass(frozen=True)
class Opened:
    """Where a page of a conversation ends, and what it needs beside its messages."""

    leaf_id: UUID | None
    context: dict[str, Any]


def opened_at(request: SignedInRequest, conversation: Conversation) -> Opened:
    """By ?message= at that message, by ?find= at the newest that has the text, else at the end. Raises Http404."""
    newest = conversation.active_leaf_id
    matches = matches_of(request, conversation) if "find" in request.GET else None
    message_id = matches.current if matches and matches.current else wanted_message(request)
    if message_id is None:
        return Opened(newest, {"matches": matches})
    message = access.message_for(request.user, conversation.pk, message_id)
    leaf_id = page_end_below(message, active_leaf_id=newest)
    return Opened(leaf_id, {"matches": matches, "is_above_newest": leaf_id != newest, "later_than": leaf_id})


def wanted_message(request: SignedInRequest) -> UUID | None:
    """Raises Http404 for what is no id."""
    wanted = request.GET.get("message")
    return access.id_from(wanted) if wanted else None


def matches_of(request: SignedInRequest, conversation: Conversation) -> Matches:
    return find(conversation, request.GET.get("find", ""), at=wanted_message(request))


@require_safe
def find_inside(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """How often ?find= occurs, and the ways from one to the other; without htmx the page of the conversation itself."""
    conversation = access.conversation_for(request.user, conversation_id)
    matches = matches_of(request, conversation)
    if not request.htmx:
        return redirect(f"{conversation.get_absolute_url()}?{matches.fields}#found")
    return render(request, "chat/_find.html#answer", {"conversation": conversation, "matches": matches})
