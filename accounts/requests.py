"""What views may rely on in a request, for the type checker: login is the default here, and so is htmx."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


class SignedInRequest(HtmxRequest):
    """In every view that is not marked `login_not_required`."""

    user: User
