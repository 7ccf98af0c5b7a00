"""Sending."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from accounts.services import api_keys
from chat import access
from chat.delivery.history import JOINT
from chat.forms import MessageForm
from chat.models import Conversation, LanguageModel, Message
from chat.queries import attach_replies, model_on_offer_to, models_on_offer_to, transcript
from chat.services.attachments import AttachmentGone
from chat.services.comparisons import ask_several, settle
from chat.services.messages import InTrash, NoUsableKey, SentOtherText, Turn, send_message
from chat.tree import attach_versions
from chat.views.attachments import GONE, enclosures, still_unsent
from chat.views.conversations import page_context

NOT_SENT = (AttachmentGone, InTrash, NoUsableKey, SentOtherText)


@require_POST
def create(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """Send. Answers with both bubbles and a fresh composer, or with the composer and what is wrong with it."""
    conversation = access.conversation_to_write_in(request.user, conversation_id)
    # A page offers a choice of keys only where there is one, so that most sendings need not look.
    keys = api_keys.keys_for(request.user) if "api_key" in request.POST else []
    attachments, problems = enclosures(request, conversation)
    form = MessageForm(request.POST, models=asked(request), keys=keys, attachments=attachments, problems=problems)
    if not form.is_valid():
        return composer_again(request, conversation, form, status=422)
    # Only a page with a comparison on it asks for this.
    is_undecided = "undecided" in request.POST and not conversation.is_new
    if is_undecided:
        conversation = settle(conversation=conversation)
    topbar_changes = conversation.archived_at is not None or not is_page_of(conversation, request)
    try:
        turn = send(conversation, form)
    except NOT_SENT as error:
        return composer_again(request, conversation, form, status=explain(form, error))
    if not request.htmx:
        return redirect(turn.question.conversation)
    chosen = chosen_answer(turn) if is_undecided else None
    return sent(request, turn, form, chosen=chosen, topbar_changes=topbar_changes)


def asked(request: SignedInRequest) -> list[LanguageModel]:
    """Of the models on offer those that may be among the chosen ones."""
    if "also" in request.POST:
        return models_on_offer_to(request.user)
    return model_on_offer_to(request.user, request.POST.get("model", ""))


def is_page_of(conversation: Conversation, request: SignedInRequest) -> bool:
    """Whether the page that sends is this conversation's own already, and not the one on which it begins."""
    shown = request.htmx.current_url_abs_path or ""
    return shown.partition("?")[0] == conversation.get_absolute_url()


def send(conversation: Conversation, form: MessageForm) -> Turn:
    """To the model, or to several. Raises what is in NOT_SENT."""
    fields = dict(form.cleaned_data)
    several, choice = fields.pop("also"), fields.pop("api_key")
    chosen = (choice.pk if choice else None) if form.keys else conversation.api_key_id
    fields |= {"conversation": conversation, "api_key_id": chosen, "attachments": form.attachments}
    if several:
        del fields["model"]
        return ask_several(models=several, **fields)
    return send_message(**fields)


def explain(form: MessageForm, error: Exception) -> int:
    """Say in the form why it was not sent, and keep what can be sent again. The status of the answer."""
    form.attachments = still_unsent(form.attachments)
    if isinstance(error, NoUsableKey):
        form.add_error("text", _("No working key can pay for this. Add or choose another one, then send it again."))
    elif isinstance(error, AttachmentGone):
        form.add_error("text", GONE)
    elif isinstance(error, InTrash):
        where = _('This conversation is in the trash. What you write stays here: <a href="{}">restore it</a> first.')
        form.add_error("text", format_html(where, reverse("trash")))
    else:
        form.add_error("text", _("Another text was sent from this box already. Send again to send this one as well."))
        assert isinstance(form.data, QueryDict)
        form.data = form.data.copy()  # with each of several models
        form.data["client_id"] = str(uuid4())
    return 409 if isinstance(error, InTrash | SentOtherText) else 422


def sent(
    request: SignedInRequest, turn: Turn, form: MessageForm, *, chosen: Message | None, topbar_changes: bool
) -> HttpResponse:
    """What the new messages change on the page. `chosen` is the answer that now stands where several did."""
    conversation = turn.question.conversation
    history = form.history + len(turn.question.text) + len(JOINT)
    # Most often nobody asks: choices that stay need them no more than an answer that was not refused.
    models: Any = SimpleLazyObject(partial(models_on_offer_to, request.user))
    # A quarter of what there is to render; but ticks of several models go, and what is marked as wrong.
    keeps_choices = not (chosen or form.cleaned_data["also"] or "renew" in form.data)
    if keeps_choices:
        form.start_over()
    else:
        form = MessageForm.blank_for(conversation, models=models, keys=form.keys)
    form.history = history
    conversation.note_answer(turn.answer.reply)
    context = {
        "conversation": conversation,
        "chosen": chosen,
        "topbar_changes": topbar_changes,
        "sent": [turn.question, turn.answer],
        "form": form,
        "models": models,
        "has_key": True,
        "keeps_choices": keeps_choices,
    }
    response = render(request, "chat/conversation.html#sent", context)
    response["HX-Push-Url"] = conversation.get_absolute_url()
    return response


def chosen_answer(turn: Turn) -> Message | None:
    """The answer on which a message was sent that had several to choose from, to stand in their place."""
    if turn.question.parent is None:
        return None
    attach_replies([turn.question.parent])
    attach_versions([turn.question.parent])
    return turn.question.parent


def composer_again(
    request: SignedInRequest, conversation: Conversation, form: MessageForm, *, status: int
) -> HttpResponse:
    """The composer with the person's own text and the reason beside it; without htmx in its whole page."""
    form.offer(models_on_offer_to(request.user))
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
