"""A person's own limits, and asking for more than a budget allows."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from accounts.services import api_keys
from chat import access
from chat.budget_forms import AskForm, OwnLimitForm
from chat.budget_notice import BudgetNotice
from chat.models import Budget
from chat.services.budget_requests import AskedAlready, ask_for_more
from chat.services.budgets import set_own_limit
from chat.services.conversations import new_conversation


@require_safe
def notice(request: SignedInRequest) -> HttpResponse:
    """The line at the message box of ?conversation=<id>, as it is by now; without one, that of a new conversation."""
    conversation_id = request.GET.get("conversation")
    if conversation_id:
        conversation = access.conversation_to_write_in(request.user, access.id_from(conversation_id))
    else:
        conversation = new_conversation(owner=request.user)
    notice = BudgetNotice(conversation, keys=api_keys.keys_for(request.user))
    return render(request, "chat/_budget_notice.html", {"notice": notice})


@require_http_methods(["GET", "HEAD", "POST"])
def own_limit(request: SignedInRequest) -> HttpResponse:
    """Set, change or take back a limit of one's own for a window."""
    form = OwnLimitForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        set_own_limit(person=request.user, **form.cleaned_data)
        messages.success(request, _("Your own limit is saved."))
        return redirect("usage")
    own = Budget.objects.filter(owner=request.user, is_own=True)
    status = 422 if request.method == "POST" else 200
    return render(request, "chat/own_limit.html", {"form": form, "own": own}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: SignedInRequest, budget_id: int) -> HttpResponse:
    """Ask the administrators for more of a budget that binds the person."""
    budget = access.budget_for(request.user, budget_id)
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        page = request.build_absolute_uri(reverse("admin:chat_budgetrequest_changelist"))
        try:
            ask_for_more(budget=budget, person=request.user, page=page, **form.cleaned_data)
        except AskedAlready:
            form.add_error(None, _("You have asked for more of this budget already. The answer comes by mail."))
        else:
            messages.success(request, _("The administrators were asked. Their answer comes by mail."))
            return redirect("usage")
    status = 422 if request.method == "POST" else 200
    return render(request, "chat/budget_request.html", {"form": form, "budget": budget}, status=status)
