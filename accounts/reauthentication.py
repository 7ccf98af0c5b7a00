"""Asking again who somebody is, before what an open laptop must not be enough for."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from accounts.requests import SignedInRequest, page_of, redirect_page

type View[Response] = Callable[Concatenate[SignedInRequest, ...], Response]


def recent_sign_in_required(view: View[HttpResponseBase]) -> Any:
    """Let a view answer only to who has signed in, or confirmed it, within REAUTHENTICATION_MINUTES.

    Unlike allauth's own decorator it never keeps what was posted: that would put an API key or a password into the
    session's row. So the page with the form has to wear it too, and the form is met with time left to fill it in.
    """

    @wraps(view)
    def wrapper(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_reauthentication_required(request, app="accounts"):
            return view(request, *args, **kwargs)
        if request.method == "POST":
            messages.warning(request, _("Confirm that it is you, then do it again: nothing was changed."))
        way = get_adapter().get_reauthentication_methods(request.user)[0]
        return redirect_page(request, f"{way['url']}?{urlencode({'next': page_of(request)})}")

    return wrapper
