"""What one's own replies have cost."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from chat.forms import UsageForm
from chat.models import Budget
from chat.services.usage import By
from chat.services.usage_report import report

SLICES = {By.MODEL: _("Model"), By.KEY: _("Key"), By.CONVERSATION: _("Conversation")}


@require_safe
def usage(request: SignedInRequest) -> HttpResponse:
    """Over time, and by model, key or conversation, in the person's own time zone."""
    form = UsageForm(request.GET, today=timezone.localdate(), slices=SLICES)
    context = {
        "form": form,
        "report": own_report(request, form) if form.is_valid() else None,
        "slices": SLICES,
        "budgets": Budget.objects.that_bind(request.user).with_scope().with_amounts(),
    }
    return render(request, "chat/usage.html", context, status=200 if form.is_valid() else 422)


def own_report(request: SignedInRequest, form: UsageForm) -> object:
    chosen = form.cleaned_data
    only = {by: value for by, value in chosen["only"].items() if by in SLICES}
    return report(
        chosen["period"],
        unit=By(chosen["unit"]),
        by=By(chosen["by"]),
        owner=request.user,
        zone=timezone.get_current_timezone_name(),
        only=only,
    )
