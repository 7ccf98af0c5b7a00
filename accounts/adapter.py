from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from accounts.models import User
from accounts.services.audit import Action, record


class AccountAdapter(DefaultAccountAdapter):
    """Where this site differs from allauth's habits."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def set_password(self, user: User, password: str) -> None:
        """For a change, and for a reset by the mailed link, which needs no sign-in."""
        own = getattr(self.request, "user", None) == user
        with transaction.atomic():
            super().set_password(user, password)
            record(Action.PASSWORD_CHANGED if own else Action.PASSWORD_RESET, subject=user)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        record(Action.PASSWORD_RESET_ASKED, subject=user)
        super().send_password_reset_mail(user, email, context)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponseBase:
        record(Action.SIGN_IN_FAILED, subject=user, after={"reason": "disabled"})
        return super().respond_user_inactive(request, user)  # type: ignore[no-any-return]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("settings")
