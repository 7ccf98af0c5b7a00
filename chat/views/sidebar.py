"""The list in the side bar as it is now, for pages that stay open."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from chat import access
from chat.live import Bell, Waiting, listener
from chat.models import Reply
from chat.services.organising import see_conversation
from chat.sidebar import MOST_AT_ONCE, PAGE_OF_CONVERSATIONS, conversation_page


@require_safe
@never_cache
def look(request: SignedInRequest) -> HttpResponse:
    """The first ?rows= of them. The person has ?here=<conversation id> before their eyes, so it is not unread."""
    asked = request.GET.get("rows", "")
    rows = int(asked) if asked.isdecimal() and len(asked) < 5 else 0
    page = conversation_page(request.user, limit=min(max(rows, PAGE_OF_CONVERSATIONS), MOST_AT_ONCE))
    here = access.id_from(request.GET["here"]) if request.GET.get("here") else None
    for conversation in page.conversations:
        if conversation.pk == here and conversation.is_unread:
            see_conversation(conversation=conversation)
    return render(request, "chat/list.html#rows", {"page": page, "place": "side", "current": {"pk": here}})


@require_safe
def wait(request: SignedInRequest) -> HttpResponse:
    """Empty, with 200 as soon as one of ?reply=<id>&reply=<id>… has ended; 204 after 25 s without news."""
    shown = reply_ids(request)
    bell = Bell(listener, *shown)  # before the look, so that no change can slip in between
    if Reply.objects.visible_to(request.user).running().filter(pk__in=shown).count() < len(shown) or not shown:
        bell.take_down()
        return HttpResponse()
    return Waiting(bell)


def reply_ids(request: SignedInRequest) -> set[UUID]:
    """Raises Http404 if one of them is none."""
    return {access.id_from(text) for text in request.GET.getlist("reply")[:MOST_AT_ONCE]}
