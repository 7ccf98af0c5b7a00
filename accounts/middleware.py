from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.shortcuts import redirect, resolve_url
from django.utils import timezone, translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.requests import HtmxRequest, page_of, redirect_page
from accounts.services import second_factors
from accounts.services.audit import current_request
from accounts.services.setup import is_set_up
from accounts.sessions import signed_in


class SignedInMiddleware(AuthenticationMiddleware):
    """Django's, but that it takes the person from where the session was read."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast("User", SimpleLazyObject(partial(signed_in, request)))


class CurrentRequestMiddleware(MiddlewareMixin):
    """Lets the audit log know who is at work, and from where, without every service being told."""

    def process_request(self, request: HttpRequest) -> None:
        current_request.set(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # The thread goes on to another request.
        current_request.set(None)
        return response


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Whoever is not signed in goes to sign in, or to the set-up while there is no account.

    htmx is told where to go by a header: a redirect would put the sign-in page into the middle of another one.
    """

    def handle_no_permission(  # type: ignore[override]  # the other header is a redirect as well
        self, request: HtmxRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirectBase:
        answer = self.way_in(request, view_func)
        return redirect_page(request, answer.url)

    def way_in(self, request: HtmxRequest, view_func: Callable[..., HttpResponseBase]) -> HttpResponseRedirect:
        if not is_set_up():
            return redirect("setup")
        sign_in_url = resolve_url(self.get_login_url(view_func))
        return redirect_to_login(page_of(request), sign_in_url, self.get_redirect_field_name(view_func))


class PersonalSettingsMiddleware(MiddlewareMixin):
    """Each answer in the person's own time zone and language; the site's own for whoever is not signed in."""

    def process_request(self, request: HtmxRequest) -> None:
        # Anew for every request, so that nothing of the one before it in this thread is left.
        timezone.activate(settings.TIME_ZONE)
        translation.activate(settings.LANGUAGE_CODE)

    def process_view(self, request: HtmxRequest, view_func: Callable[..., Any], args: Any, kwargs: Any) -> None:
        # What is open to everyone, such as a health probe, need not wait for the database.
        if not getattr(view_func, "login_required", True) or not request.user.is_authenticated:
            return
        if request.user.time_zone:
            timezone.activate(request.user.time_zone)
        if request.user.language:
            translation.activate(request.user.language)


class SecondFactorRequiredMiddleware(MiddlewareMixin):
    """Whoever has to have a second factor, and has none, comes nowhere but to its set-up and out."""

    OPEN = frozenset(
        {
            "second_factor",
            "mfa_activate_totp",
            "authenticator_picture",
            "mfa_add_webauthn",
            "account_reauthenticate",
            "account_logout",
        }
    )

    def process_view(
        self, request: HtmxRequest, view_func: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        # Asked in this order, so that nothing is read for pages that are open to everyone, or without the setting.
        if settings.REQUIRE_SECOND_FACTOR == "off" or not getattr(view_func, "login_required", True):
            return None
        if not request.user.is_authenticated or self.is_open(request) or not second_factors.is_missing(request.user):
            return None
        return redirect_page(request, resolve_url("second_factor"))

    def is_open(self, request: HtmxRequest) -> bool:
        return request.resolver_match is not None and request.resolver_match.url_name in self.OPEN
