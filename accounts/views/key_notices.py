"""Putting away, for today, what is told of a key."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from accounts.services import key_notices


@require_POST
def dismiss(request: SignedInRequest, notice_id: int) -> HttpResponse:
    """Of one that is not theirs nothing is told, and nothing happens."""
    key_notices.dismiss(person=request.user, notice_id=notice_id)
    return HttpResponse() if request.htmx else redirect("home")
