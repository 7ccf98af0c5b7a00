"""A message that waits for the answer above it: take it back, or send it although that did not come."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from chat import access
from chat.services.queued_replies import AlreadySent, send_regardless, take_back
from chat.views.replies import answer


@require_POST
def withdraw(request: SignedInRequest, reply_id: UUID) -> HttpResponse:
    """The text goes back into the message box, in front of what is in there, and the files above it."""
    reply = access.reply_for(request.user, reply_id)
    assert reply.message is not None
    conversation_id, question_id = reply.message.conversation_id, reply.message.parent_id
    try:
        taken_back = take_back(reply=reply)
    except AlreadySent:
        messages.warning(request, _("It was too late to take this back: it has been sent."))
        return answer(request, reply_id, 200)
    if request.htmx:
        return render(request, "chat/taken_back.html", {**taken_back._asdict(), "question_id": question_id})
    return redirect("conversation", conversation_id)


@require_POST
def release(request: SignedInRequest, reply_id: UUID) -> HttpResponse:
    """The person wants it sent all the same."""
    send_regardless(reply=access.reply_for(request.user, reply_id))
    return answer(request, reply_id, 200)
