from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.views import LoginView
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.forms import SignInForm
from accounts.models import User
from accounts.requests import HtmxRequest, redirect_page
from accounts.services.setup import is_set_up


@method_decorator(login_not_required, name="dispatch")
class SignInView(LoginView):
    """allauth's sign-in, which leads to the set-up while there is nobody who could sign in.

    htmx asks for it in the dialog of a page whose session is over. A step that has a page of its own, such as the
    second factor, is then a link to a new tab.
    """

    form_class = SignInForm

    def dispatch(self, request: HtmxRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_set_up():
            return redirect("setup")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if request.htmx and isinstance(answer, HttpResponseRedirectBase) and not request.user.is_authenticated:
            return render(request, "account/_next_step.html", {"url": answer.url})
        return answer

    def get_template_names(self) -> list[str]:
        return ["account/_sign_in_again.html"] if self.request.htmx else super().get_template_names()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = get_adapter(self.request).is_open_for_signup(self.request)
        return {**super().get_context_data(**kwargs), "is_open_for_sign_up": is_open}

    def form_invalid(self, form: Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)  # type: ignore[no-any-return]


sign_in = SignInView.as_view()


@login_not_required
@never_cache
@require_safe
def signed_in(request: HtmxRequest) -> HttpResponse:
    """Tells the dialog of an open page that its person (?person=<id>) is signed in again, with a token for its forms.

    Somebody else is taken to a page of their own. Without htmx it is the page that another tab ends up at.
    """
    if not request.user.is_authenticated:
        return redirect(f"{resolve_url('account_login')}?{urlencode({'next': request.get_full_path()})}")
    if not request.htmx:
        return render(request, "account/signed_in.html")
    if request.GET.get("person") != str(request.user.pk):
        return redirect_page(request, resolve_url("home"))
    return render(request, "account/_signed_in.html")


def sign_in_with_new_password(request: HttpRequest, person: User) -> HttpResponse:
    """Sign in somebody whose account was made in this very request, by all the steps of allauth."""
    answer: HttpResponse = perform_password_login(request, {"email": person.email}, Login(user=person))
    return answer
