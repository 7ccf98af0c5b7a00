from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import SetupForm, focus_first_error
from accounts.services.setup import AlreadySetUp, create_first_administrator, is_set_up
from accounts.views.sign_in import sign_in_with_new_password


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    if is_set_up():
        raise Http404
    form = SetupForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return show(request, form)
    try:
        administrator = create_first_administrator(**form.cleaned_data)
    except AlreadySetUp:
        messages.error(request, _("Somebody else has just set this site up. Ask them for an account, or sign in."))
        return redirect("account_login")
    return sign_in_with_new_password(request, administrator)


def show(request: HttpRequest, form: SetupForm) -> HttpResponse:
    if form.is_bound:
        focus_first_error(form)
    return render(request, "accounts/setup.html", {"form": form}, status=422 if form.is_bound else 200)
