"""The page behind an invitation's link."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import access
from accounts.forms import InvitationAnswerForm, focus_first_error
from accounts.requests import HtmxRequest
from accounts.services import invitations
from accounts.views.sign_in import sign_in_with_new_password


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HtmxRequest, token: str) -> HttpResponse:
    """Name and password, and the account is there. Whatever else the link was, it answers alike: it is over."""
    found = access.open_invitation(token)
    if found is None:
        return render(request, "accounts/invitation_over.html", status=404)
    if request.user.is_authenticated:
        messages.warning(request, _("You are signed in already. Sign out first to follow an invitation."))
        return redirect("home")
    form = InvitationAnswerForm(request.POST if request.method == "POST" else None, email=found.email)
    if not form.is_valid():
        return show(request, token, form)
    return join(request, token, form)


def join(request: HtmxRequest, token: str, form: InvitationAnswerForm) -> HttpResponse:
    name, password = form.cleaned_data["name"], form.cleaned_data["password"]
    try:
        person = invitations.accept(token=token, name=name, password=password)
    except invitations.NoLongerOpen:
        return render(request, "accounts/invitation_over.html", status=404)
    except invitations.AddressTaken:
        messages.warning(request, _("You have an account already. Sign in with it."))
        return redirect("account_login")
    return sign_in_with_new_password(request, person)


def show(request: HtmxRequest, token: str, form: InvitationAnswerForm) -> HttpResponse:
    if form.is_bound:
        focus_first_error(form)
    context = {"form": form, "token": token}
    return render(request, "accounts/invitation.html", context, status=422 if form.is_bound else 200)
