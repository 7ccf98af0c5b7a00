"""Sending."""

from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from accounts.services import api_keys
from chat import access
from chat.delivery.history import JOINT
from chat.forms import MessageForm
from chat.models import Conversation, LanguageModel
from chat.queries import transcript
from chat.services.attachments import AttachmentGone
from chat.services.messages import InTrash, NoUsableKey, SentOtherText, send_message
from chat.views.attachments import GONE, enclosures, still_unsent
from chat.views.conversations import page_context


@require_POST
def create(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """Send. Answers with both bubbles and a fresh composer, or with the composer and what is wrong with it."""
    conversation = access.conversation_to_write_in(request.user, conversation_id)
    # A page offers a choice of keys only where there is one, so that most sendings need not look.
    keys = api_keys.keys_for(request.user) if "api_key" in request.POST else []
    attachments, problems = enclosures(request, conversation)
    form = MessageForm(
        request.POST,
        models=list(LanguageModel.objects.on_offer_to(request.user)),
        keys=keys,
        attachments=attachments,
        problems=problems,
    )
    if not form.is_valid():
        return composer_again(request, conversation, form, status=422)
    choice = form.cleaned_data.pop("api_key")
    chosen = (choice.pk if choice else None) if keys else conversation.api_key_id
    try:
        turn = send_message(conversation=conversation, api_key_id=chosen, attachments=attachments, **form.cleaned_data)
    except NoUsableKey:
        form.add_error("text", _("No working key can pay for this. Add or choose another one, then send it again."))
        return composer_again(request, conversation, form, status=422)
    except InTrash:
        form.attachments = still_unsent(attachments)
        where = _('This conversation is in the trash. What you write stays here: <a href="{}">restore it</a> first.')
        form.add_error("text", format_html(where, reverse("trash")))
        return composer_again(request, conversation, form, status=409)
    except AttachmentGone:
        form.attachments = still_unsent(attachments)
        form.add_error("text", GONE)
        return composer_again(request, conversation, form, status=422)
    except SentOtherText:
        form.attachments = still_unsent(attachments)
        form.add_error("text", _("Another text was sent from this box already. Send again to send this one as well."))
        form.data = {**request.POST.dict(), "client_id": uuid4()}
        return composer_again(request, conversation, form, status=409)
    conversation = turn.question.conversation
    if not request.htmx:
        return redirect(conversation)
    history = form.history + len(turn.question.text) + len(JOINT)
    form = MessageForm.blank_for(conversation, models=form.models, keys=keys)
    form.history = history
    conversation.note_answer(turn.answer.reply)
    context = {
        "conversation": conversation,
        "sent": [turn.question, turn.answer],
        "form": form,
        "models": form.models,
        "has_key": True,
    }
    response = render(request, "chat/conversation.html#sent", context)
    response["HX-Push-Url"] = conversation.get_absolute_url()
    return response


def composer_again(
    request: SignedInRequest, conversation: Conversation, form: MessageForm, *, status: int
) -> HttpResponse:
    """The composer with the person's own text and the reason beside it; without htmx in its whole page."""
    context = {
        "conversation": conversation,
        "form": form,
        "models": form.models,
        "has_key": any(key.can_pay for key in api_keys.keys_for(request.user)),
    }
    if request.htmx:
        return render(request, "chat/conversation.html#composer", context, status=status)
    page = page_context(conversation, transcript(conversation.active_leaf_id))
    return render(request, "chat/conversation.html", page | context, status=status)
