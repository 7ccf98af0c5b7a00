"""Where this site differs from allauth's habits."""

import time
from typing import Any

import structlog
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.utils import filter_users_by_email
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from accounts import known_devices
from accounts.models import User
from accounts.requests import client_address
from accounts.services.api_keys import give_sandbox_key
from accounts.services.audit import Action, alias_of, record
from accounts.services.second_factors import is_required_of
from accounts.signals import sessions_ended

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):
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
        return resolve_url("security")

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        signed_in = self.request.user.is_authenticated
        return resolve_url("security" if signed_in else "account_login")

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or super().get_client_ip(request)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Tell a person what was changed. It is done already: a mail server that is down must not fail it."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except OSError:
            log.exception("notification_not_sent")

    # --- Failures are counted ---
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count this attempt before the password is looked at. Raises ValidationError after too many failures.

        allauth counts by account alone, by which anybody could keep its owner out.
        """
        used = ratelimit.RateLimitUsage(usage=[])
        # allauth takes this back when the password was right.
        self._login_failed_rl_usage = used
        for action, key in counters_of(request, credentials.get("email") or ""):
            usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
            if usage is None:
                record_throttled(request, key, credentials.get("email") or "")
                raise self.validation_error("too_many_login_attempts")
            used.usage += usage.usage

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """After a reset by mail, which proves more than a password, no failure before it counts."""
        for action, key in counters_of(request, credentials.get("email") or ""):
            ratelimit.clear(request, app="allauth.account", action=action, key=key)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        known_devices.remember(request, response, user.email)
        return response

    # --- Who they are is asked again ---
    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Signing in counts as well as confirming it later does."""
        records = get_authentication_records(self.request, self.request.user)
        return not records or time.time() - records[-1]["at"] > app_settings.REAUTHENTICATION_TIMEOUT

    def reauthenticate(self, user: User, password: str) -> bool:
        is_right: bool = super().reauthenticate(user, password)
        if is_right:
            # Django may have stored a better hash just now, and every session is bound to the one it began with.
            user.refresh_from_db(fields=["password"])
            self.request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return is_right

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """allauth's, in our words."""
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code of your authenticator app"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        return [method | {"description": words[method["id"]]} for method in super().get_reauthentication_methods(user)]


def counters_of(request: HttpRequest, email: str) -> list[tuple[str, str]]:
    """Which counters a failure on this account goes to: (action of ACCOUNT_RATE_LIMITS, key)."""
    email, address = email.strip().lower(), ratelimit.get_ip(request)
    device = known_devices.device_of(request)
    if request.user.is_authenticated and request.user.email == email:
        return [("login_failed", f"{email} in {request.session.session_key}")]
    if device.knows(email):
        return [("login_failed", f"{email} on {device.name}")]
    return [
        ("login_failed", f"{email} from {address}"),
        ("login_failed_from_address", address),
        ("login_failed_elsewhere", email),
    ]


def record_throttled(request: HttpRequest, key: str, typed: str) -> None:
    """Once in the time of a counter: whoever goes on and on must not fill the audit log."""
    if ratelimit.consume(request, app="allauth.account", action="throttled_sign_in_recorded", key=key):
        person = next(iter(filter_users_by_email(typed)), None)
        record(Action.SIGN_IN_THROTTLED, subject=person, after={} if person else {"typed": alias_of(typed)})


class SessionsAdapter(DefaultUserSessionsAdapter):
    @transaction.atomic
    def end_sessions(self, sessions: list[UserSession]) -> None:
        """All are one person's own."""
        super().end_sessions(sessions)
        if sessions:
            person = sessions[0].user
            sessions_ended.send(sender=User, person=person)
            record(Action.SESSION_ENDED, subject=person, after={"sessions": len(sessions)})


class SecondFactorAdapter(DefaultMFAAdapter):
    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Where a second factor is required, the last one stays."""
        user = authenticator.user
        others = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
        return not is_required_of(user) or others.exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: User, type: str) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Parley"}
