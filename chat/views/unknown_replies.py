"""A reply whose answer was lost: give it up, look for it, or see what the balance says."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from chat import access
from chat.models import Reply
from chat.services import unknown_replies
from chat.views.replies import answer


@require_POST
def give_up(request: SignedInRequest, reply_id: UUID) -> HttpResponse:
    unknown_replies.give_up(reply=access.reply_for(request.user, reply_id), person=request.user)
    return answer(request, reply_id, 200)


@require_POST
def look(request: SignedInRequest, reply_id: UUID) -> HttpResponse:
    """Let a worker ask after the request again."""
    reply = access.reply_for(request.user, reply_id)
    if reply.state == Reply.State.UNKNOWN and not unknown_replies.look_for_answer(reply=reply):
        messages.error(request, _("Segmind does not know this request any more."))
    return answer(request, reply_id, 200)


@require_POST
def balance(request: SignedInRequest, reply_id: UUID) -> HttpResponse:
    """Say what the key's balance tells about a lost call. The reply stays as it is."""
    reply = access.reply_for(request.user, reply_id)
    if reply.state == Reply.State.UNKNOWN:
        comparison = unknown_replies.compare_balance(reply=reply)
        sentence = render_to_string("chat/_balance_verdict.html", {"comparison": comparison, "model": reply.model})
        messages.info(request, sentence)
    return answer(request, reply_id, 200)
