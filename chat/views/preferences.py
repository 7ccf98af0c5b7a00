"""What new conversations start with."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from chat.forms import PreferencesForm
from chat.models import LanguageModel
from chat.services.conversations import new_conversation, prefer


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: SignedInRequest) -> HttpResponse:
    models = list(LanguageModel.objects.on_offer())
    today = new_conversation(owner=request.user)
    initial = {"model": today.model.slug if today.model else None, "instruction": today.instruction}
    form = PreferencesForm(request.POST if request.method == "POST" else None, models=models, initial=initial)
    if not form.is_valid():
        return render(request, "chat/preferences.html", {"form": form}, status=422 if form.is_bound else 200)
    prefer(owner=request.user, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect("settings")
