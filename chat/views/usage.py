"""What one's own replies have cost."""

from django.db.models import F
from django.db.models.functions import TruncMonth
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from chat.models import Budget, Reply


@require_safe
def usage(request: SignedInRequest) -> HttpResponse:
    """By month, and by model for the current one, both in the person's own time zone."""
    own = Reply.objects.filter(owner=request.user)
    this_month = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    lately = own.filter(created_at__gte=this_month)
    context = {
        "months": own.sums_by(month=TruncMonth("created_at")).order_by("-month"),
        "models": lately.sums_by(label=F("model__label")).order_by("-spent", "label"),
        "budgets": Budget.objects.that_bind(request.user).with_scope().with_amounts(),
    }
    return render(request, "chat/usage.html", context)
