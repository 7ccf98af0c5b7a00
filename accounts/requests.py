"""What views may rely on in a request, for the type checker, and where it came from."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class HtmxRequest(HttpRequest):
    """Every one: the middleware sees to it."""

    htmx: HtmxDetails


class SignedInRequest(HtmxRequest):
    """In every view that is not marked `login_not_required`."""

    user: User


def client_address(request: HttpRequest) -> str:
    """The IP address of the browser: what the outermost of our own proxies saw, else who connected. May be empty."""
    seen = request.headers.get("X-Forwarded-For", "").split(",")
    proxies: int = settings.TRUSTED_PROXIES
    claimed = seen[-proxies].strip() if 0 < proxies <= len(seen) else ""
    try:
        return str(ip_address(claimed))
    except ValueError:
        return str(request.META.get("REMOTE_ADDR", ""))


def page_of(request: HtmxRequest) -> str:
    """The path of the page that the person looks at, to come back to: never that of a fragment or of a POST."""
    if request.htmx:
        return request.htmx.current_url_abs_path or "/"
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    return came_from.path if came_from.path and came_from.netloc == request.get_host() else "/"


def redirect_page(request: HtmxRequest, url: str) -> HttpResponseRedirectBase:
    """Take the whole page to this address: htmx would follow a redirect inside the page."""
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
