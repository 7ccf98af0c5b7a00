"""What every page knows."""

from typing import Any

from django.conf import settings

from accounts.requests import SignedInRequest
from chat.sidebar import SideBar


def site(request: SignedInRequest) -> dict[str, Any]:
    """The sandbox notice, and the side bar, read only by the pages that show it."""
    return {
        "sandbox": bool(settings.SANDBOX_URL),
        "sidebar": SideBar(request.user),
    }
