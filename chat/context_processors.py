"""What every page knows."""

from functools import partial
from typing import Any

from django.conf import settings
from django.middleware.csrf import get_token
from django.utils.functional import SimpleLazyObject

from accounts.requests import SignedInRequest
from chat.sidebar import SideBar


def site(request: SignedInRequest) -> dict[str, Any]:
    """The sandbox notice, and the side bar, read only by the pages that show it.

    Django's own `csrf_token` is made anew for each form of a page; one a page is as good, and quicker.
    """
    return {
        "csrf_token": SimpleLazyObject(partial(get_token, request)),
        "sandbox": bool(settings.SANDBOX_URL),
        "sidebar": SideBar(request.user),
    }
