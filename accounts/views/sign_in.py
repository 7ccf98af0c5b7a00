from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.views import LoginView
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

from accounts.forms import SignInForm
from accounts.models import User
from accounts.services.setup import is_set_up


@method_decorator(login_not_required, name="dispatch")
class SignInView(LoginView):
    """allauth's sign-in, which leads to the set-up while there is nobody who could sign in."""

    form_class = SignInForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_set_up():
            return redirect("setup")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = get_adapter(self.request).is_open_for_signup(self.request)
        return {**super().get_context_data(**kwargs), "is_open_for_sign_up": is_open}

    def form_invalid(self, form: Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)  # type: ignore[no-any-return]


sign_in = SignInView.as_view()


def sign_in_with_new_password(request: HttpRequest, person: User) -> HttpResponse:
    """Sign in somebody whose account was made in this very request, by all the steps of allauth."""
    answer: HttpResponse = perform_password_login(request, {"email": person.email}, Login(user=person))
    return answer
