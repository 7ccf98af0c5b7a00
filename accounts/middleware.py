from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.shortcuts import redirect, resolve_url
from django.utils.deprecation import MiddlewareMixin
from django_htmx.http import HttpResponseClientRedirect

from accounts.requests import HtmxRequest
from accounts.services.audit import current_request
from accounts.services.setup import is_set_up


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
        return HttpResponseClientRedirect(answer.url) if request.htmx else answer

    def way_in(self, request: HtmxRequest, view_func: Callable[..., HttpResponseBase]) -> HttpResponseRedirect:
        if not is_set_up():
            return redirect("setup")
        sign_in_url = resolve_url(self.get_login_url(view_func))
        return redirect_to_login(page_of(request), sign_in_url, self.get_redirect_field_name(view_func))


def page_of(request: HtmxRequest) -> str:
    """The path of the page that the person looks at, to come back to: never that of a fragment or of a POST."""
    if request.htmx:
        return request.htmx.current_url_abs_path or "/"
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    return came_from.path if came_from.path and came_from.netloc == request.get_host() else "/"
