from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest
from django.shortcuts import resolve_url

from accounts.models import User
from accounts.services.api_keys import give_sandbox_key


class AccountAdapter(DefaultAccountAdapter):
    """Where this site differs from allauth's habits."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only for addresses of listed domains; see SignUpForm. All others need an invitation."""
        return bool(settings.SIGNUP_EMAIL_DOMAINS)

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Somebody signs up. Their account gets what every account gets here."""
        user.name = form.cleaned_data["name"]
        person: User = super().save_user(request, user, form, commit=commit)
        give_sandbox_key(person)
        return person

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("settings")
