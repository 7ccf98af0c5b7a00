"""What every page knows."""

from functools import partial
from typing import Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from accounts.csrf import page_token
from accounts.requests import SignedInRequest
from accounts.services.key_notices import KeyNotices
from chat.sidebar import SideBar


def site(request: SignedInRequest) -> dict[str, Any]:
    """The sandbox notice; the side bar and what is said of keys, read only by the pages that show them.

    Django's own `csrf_token` is made anew for each form of a page; one a page is as good, and quicker.
    """
    sidebar = SideBar(request.user)
    return {
        "csrf_token": SimpleLazyObject(partial(page_token, request)),
        "sandbox": bool(settings.SANDBOX_URL),
        "sidebar": sidebar,
        "key_notices": KeyNotices(request.user, lambda: sidebar.keys),
    }
