"""The end of one's account, and thinking better of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.reauthentication import recent_sign_in_required
from accounts.requests import SignedInRequest
from accounts.services import departures
from accounts.services.people import LastAdministrator


@require_POST
@recent_sign_in_required
def leave(request: SignedInRequest) -> HttpResponse:
    try:
        departures.leave(person=request.user, session_key=request.session.session_key)
    except LastAdministrator:
        messages.error(request, _("You are the last administrator. Make somebody else one before you go."))
    return redirect("settings")


@require_POST
def stay(request: SignedInRequest) -> HttpResponse:
    if departures.stay(person=request.user):
        messages.success(request, _("Your account stays."))
    return redirect("settings")
