"""What Django and allauth tell of people and of how they sign in, for the audit log; and who comes back stays.

An entry that can't be stored is an error that Django answers with 500 and logs: who can't be recorded doesn't get in,
as the session is stored only after a good answer. Only leaving must never fail.

Second factors are recorded by their rows, before each is added or removed: allauth's own signals come when it is done.
"""

from typing import Any

import structlog
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.account.signals import (
    authentication_step_completed,
    email_added,
    email_changed,
    email_confirmed,
    email_removed,
)
from allauth.account.utils import filter_users_by_email
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_used
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import DatabaseError, transaction
from django.db.models.signals import pre_delete, pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.audit import Action, alias_of, record
from accounts.services.departures import stay

logger = structlog.get_logger(__name__)


# --- Coming and going ---------------------------------------------------------
@receiver(user_logged_in)
def record_sign_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    methods = [step.get("type", step["method"]) for step in get_authentication_records(request, user)]
    record(Action.SIGNED_IN, actor=user, subject=user, after={"methods": methods} if methods else {})


@receiver(user_logged_in)
def stay_after_signing_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever had asked for the end of their account and signs in again wants to keep it."""
    if user.deletion_due_at and stay(person=user):
        messages.success(request, _("Welcome back. Your account stays."), fail_silently=True)


@receiver(user_login_failed)
def record_failed_sign_in(credentials: dict[str, str], **kwargs: Any) -> None:
    typed = credentials.get("email", "")
    person = next(iter(filter_users_by_email(typed)), None)
    record(Action.SIGN_IN_FAILED, subject=person, after={} if person else {"typed": alias_of(typed)})


@receiver(user_logged_out)
def record_sign_out(user: User | None, **kwargs: Any) -> None:
    if user is None:
        return
    try:
        with transaction.atomic():
            record(Action.SIGNED_OUT, actor=user, subject=user)
    except DatabaseError:
        logger.exception("signed_out_without_audit_entry", person=user.pk)


@receiver(authentication_step_completed)
def record_reauthentication(user: User, method: str, **kwargs: Any) -> None:
    if kwargs.get("reauthenticated"):
        record(Action.REAUTHENTICATED, actor=user, subject=user, after={"methods": [kwargs.get("type", method)]})


# --- Second factors -----------------------------------------------------------
@receiver(pre_save, sender=Authenticator)
def record_added_factor(instance: Authenticator, **kwargs: Any) -> None:
    if not instance._state.adding:
        return
    is_codes = instance.type == Authenticator.Type.RECOVERY_CODES
    action = Action.RECOVERY_CODES_MADE if is_codes else Action.FACTOR_ADDED
    record(action, subject=instance.user, after={} if is_codes else {"type": instance.type})


@receiver(pre_delete, sender=Authenticator)
def record_removed_factor(instance: Authenticator, origin: Any, **kwargs: Any) -> None:
    """By its owner or an administrator; one that goes with its person's account is no news."""
    if getattr(origin, "model", type(origin)) is Authenticator:
        record(Action.FACTOR_REMOVED, subject=instance.user, before={"type": instance.type})


@receiver(authentication_failed)
def record_failed_factor(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    record(Action.FACTOR_FAILED, subject=user, after={"type": authenticator.type})


@receiver(authenticator_used)
def record_used_recovery_code(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """That another factor was used stands in the entry of the sign-in."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        record(Action.RECOVERY_CODE_USED, actor=user, subject=user)


# --- Addresses and outside accounts -------------------------------------------
@receiver(email_added)
def record_added_address(email_address: EmailAddress, **kwargs: Any) -> None:
    record(Action.EMAIL_ADDED, subject=email_address.user)


@receiver(email_confirmed)
def record_confirmed_address(email_address: EmailAddress, **kwargs: Any) -> None:
    record(Action.EMAIL_VERIFIED, subject=email_address.user)


@receiver(email_changed)
def record_changed_address(user: User, **kwargs: Any) -> None:
    record(Action.EMAIL_CHANGED, subject=user)


@receiver(email_removed)
def record_removed_address(user: User, **kwargs: Any) -> None:
    record(Action.EMAIL_REMOVED, subject=user)


@receiver(social_account_added)
def record_connected_identity(sociallogin: Any, **kwargs: Any) -> None:
    person = sociallogin.user
    record(Action.IDENTITY_CONNECTED, actor=person, subject=person, after={"provider": sociallogin.account.provider})


@receiver(social_account_removed)
def record_disconnected_identity(socialaccount: Any, **kwargs: Any) -> None:
    record(Action.IDENTITY_DISCONNECTED, subject=socialaccount.user, before={"provider": socialaccount.provider})
