"""The tree of a conversation: edit, try again, choose a version, go on, copy, delete. And what can be done at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import SignedInRequest
from chat import access, tree
from chat.forms import EditForm, OnceForm, VersionForm
from chat.models import LanguageModel, Message
from chat.queries import attach_replies, transcript
from chat.services import branches
from chat.services.messages import NoUsableKey, SentOtherText
from chat.services.replies import CannotSee
from chat.views.conversations import page_context

type View = Callable[..., HttpResponse]


def gone_is_404(view: View) -> View:
    """What went while the person looked at it is as if it had never been there."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except branches.Gone as error:
            raise Http404 from error

    return answer


# --- What can be done -----------------------------------------------------------
@require_safe
@vary_on_headers("HX-Request")
def actions(request: SignedInRequest, message_id: UUID) -> HttpResponse:
    """All that can be done with a message: the content of its menu, or a page of its own. With ?as=message itself."""
    context = actions_context(request, access.own_message(request.user, message_id))
    if request.htmx and request.GET.get("as") == "message":
        return render(request, "chat/_message.html", context)
    return render(request, template_for(request, "chat/message_actions.html", "menu"), context)


def actions_context(request: SignedInRequest, message: Message) -> dict[str, Any]:
    attach_replies([message])
    tree.attach_versions([message])
    is_finished = message.reply is None or message.reply.state == message.reply.State.COMPLETED
    return {
        "message": message,
        "is_answer": not message.is_from_user and is_finished,
        "models": LanguageModel.objects.on_offer_to(request.user),
        "link": request.build_absolute_uri(message.get_absolute_url()),
    }


def template_for(request: SignedInRequest, page: str, fragment: str) -> str:
    return f"{page}#{fragment}" if request.htmx else page


# --- Asking ---------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
@gone_is_404
def edit(request: SignedInRequest, message_id: UUID) -> HttpResponse:
    """The form in the place of a question; sent, it makes a branch beside that."""
    message = access.own_message(request.user, message_id)
    if not message.is_from_user:
        raise Http404
    models = list(LanguageModel.objects.on_offer_to(request.user))
    if request.method != "POST":
        model = message.conversation.model
        initial = {"client_id": uuid4(), "text": message.text, "model": model.slug if model else None}
        return edit_form(request, message, EditForm(models=models, initial=initial))
    form = EditForm(request.POST, models=models)
    if not form.is_valid():
        return edit_form(request, message, form, status=422)
    try:
        turn = branches.edit_message(message=message, **form.cleaned_data)
    except NoUsableKey:
        form.add_error("text", _("No working key can pay for this. Add or choose another one, then send it again."))
        return edit_form(request, message, form, status=422)
    except CannotSee:
        form.add_error("model", _("This model can't see the images. Choose another one."))
        return edit_form(request, message, form, status=422)
    except SentOtherText:
        form.add_error("text", _("Another text was sent from this box already. Send again to send this one as well."))
        form.data = {**request.POST.dict(), "client_id": uuid4()}
        return edit_form(request, message, form, status=409)
    return path_with(request, turn.question)


def edit_form(request: SignedInRequest, message: Message, form: EditForm, *, status: int = 200) -> HttpResponse:
    context = {"message": message, "form": form, "models": list(form.fields["model"].models.values())}  # type: ignore[attr-defined]
    return render(request, template_for(request, "chat/message_edit.html", "form"), context, status=status)


@require_POST
@gone_is_404
def try_again(request: SignedInRequest, message_id: UUID) -> HttpResponse:
    """Another version of an answer, by the same model or the one in `model`."""
    answer = access.own_message(request.user, message_id)
    form = VersionForm(request.POST, models=list(LanguageModel.objects.on_offer_to(request.user)))
    if "model" in form.errors:
        messages.error(request, _("This model is no longer on offer. Choose another one."))
    elif form.is_valid() and not answer.is_from_user:
        with said(request):
            answer = branches.new_version(answer=answer, **form.cleaned_data)
    return path_with(request, answer)


@require_POST
@gone_is_404
def go_on(request: SignedInRequest, message_id: UUID) -> HttpResponse:
    """Ask for the rest of an answer that was cut off."""
    answer = access.own_message(request.user, message_id)
    form = OnceForm(request.POST)
    if form.is_valid() and not answer.is_from_user:
        with said(request):
            branches.continue_answer(answer=answer, text=_("Continue"), **form.cleaned_data)
    return path_with(request, answer)


@contextmanager
def said(request: SignedInRequest) -> Iterator[None]:
    """Whatever keeps a model from being asked is told to the person, and the page stays as it is."""
    try:
        yield
    except NoUsableKey:
        messages.error(request, _("There is no working key to pay for this. Add one, then try again."))
    except branches.NotOnOffer:
        messages.error(request, _("This model is no longer on offer. Choose another one."))
    except CannotSee:
        messages.error(request, _("This model can't see the images. Choose another one."))
    except (branches.NotFinished, SentOtherText):
        pass  # asked in two tabs: what the first one made is what the person sees


# --- Choosing -------------------------------------------------------------------
@require_POST
@gone_is_404
def choose(request: SignedInRequest, message_id: UUID) -> HttpResponse:
    """Show the path through this message, to where it was last left."""
    message = access.own_message(request.user, message_id)
    branches.choose_version(message=message)
    return path_with(request, message)


@require_POST
@gone_is_404
def start_from(request: SignedInRequest, message_id: UUID) -> HttpResponse:
    """A new conversation with a copy of what was said up to here."""
    message = access.own_message(request.user, message_id)
    form = OnceForm(request.POST)
    if not form.is_valid() or message.is_from_user:
        return redirect(message)
    made = branches.start_from(message=message, conversation_id=form.cleaned_data["client_id"], owner=request.user)
    return redirect(made)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
@gone_is_404
def delete(request: SignedInRequest, message_id: UUID) -> HttpResponse:
    """Ask once, then remove the message and all below it."""
    message = access.own_message(request.user, message_id)
    if request.method != "POST":
        context = {"message": message, "number_below": len(tree.below(message_id)) - 1}
        return render(request, template_for(request, "chat/message_deletion.html", "question"), context)
    try:
        branches.delete_branch(message=message)
    except branches.OnlyAnswer:
        messages.error(request, _("This is the only answer to its question. Delete the question, and both are gone."))
        return path_with(request, message)
    if not request.htmx:
        return redirect("conversation", message.conversation_id)
    return render(request, "chat/path.html", path_now(request, message.conversation_id))


def path_with(request: SignedInRequest, message: Message) -> HttpResponse:
    """The active path with this message on it. Where that is too far up for the page, it is opened at the message."""
    if not request.htmx:
        return redirect(message)
    path = path_now(request, message.conversation_id)
    if message.pk in [each.pk for each in path["transcript"]]:
        return render(request, "chat/path.html", path)
    response = HttpResponse()
    response["HX-Redirect"] = message.get_absolute_url()
    return response


def path_now(request: SignedInRequest, conversation_id: UUID) -> dict[str, Any]:
    conversation = access.conversation_for(request.user, conversation_id)
    return page_context(conversation, transcript(conversation.active_leaf_id))
