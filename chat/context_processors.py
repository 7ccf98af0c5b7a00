"""What every page knows."""

from typing import Any

from django.conf import settings

from accounts.requests import SignedInRequest
from accounts.services.key_notices import KeyNotices
from chat.budget_notice import BudgetNotice
from chat.sidebar import SideBar


def site(request: SignedInRequest) -> dict[str, Any]:
    """The sandbox notice; the side bar, what is said of budgets and of keys, read only by the pages that show them."""
    sidebar = SideBar(request.user)
    return {
        "sandbox": bool(settings.SANDBOX_URL),
        "sidebar": sidebar,
        "budget_notice": BudgetNotice(request.user),
        "key_notices": KeyNotices(request.user, lambda: sidebar.keys),
    }
