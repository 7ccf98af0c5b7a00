from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from accounts.models import User
from accounts.services.api_keys import give_sandbox_key
from accounts.services.audit import Action, record


class AccountAdapter(DefaultAccountAdapter):
    """Where this site differs from allauth's habits."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only for addresses of listed domains; see SignUpForm. All others need an invitation."""
        return bool(settings.SIGNUP_EMAIL_DOMAINS)

    @transaction.atomic
    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Somebody signs up. Their account gets what every account gets here."""
        user.name = form.cleaned_data["name"]
        person: User = super().save_user(request, user, form, commit=commit)
        give_sandbox_key(person)
        record(Action.PERSON_ADDED, actor=person, subject=person, after={"role": person.role})
        return person

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
