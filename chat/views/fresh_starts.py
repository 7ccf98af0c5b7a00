"""Start fresh from here, and think better of it."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from chat import access
from chat.models import Conversation
from chat.queries import history_characters
from chat.services.fresh_starts import remember_again, start_fresh


@require_POST
def create(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """After the newest message. The line comes below it, and the gauge is empty."""
    conversation = access.conversation_for(request.user, conversation_id)
    return answer(request, conversation, {"added": start_fresh(conversation=conversation)})


@require_POST
def undo(request: SignedInRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """The line goes, and the gauge fills again."""
    message = access.message_for(request.user, conversation_id, message_id)
    remember_again(message=message)
    conversation = access.conversation_for(request.user, conversation_id)
    return answer(request, conversation, {"removed": message})


def answer(request: SignedInRequest, conversation: Conversation, changed: dict[str, object]) -> HttpResponse:
    if not request.htmx:
        return redirect(conversation)
    history = history_characters(conversation.active_leaf_id)
    return render(request, "chat/fresh_start.html", {"history": history, **changed})
