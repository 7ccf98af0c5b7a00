"""What Django tells of people who come and go, for the audit log; and who comes back stays.

An entry that can't be stored is an error that Django answers with 500 and logs: who can't be recorded doesn't get in,
as the session is stored only after a good answer. Only leaving must never fail.
"""

from typing import Any

import structlog
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.utils import filter_users_by_email
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import DatabaseError, transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.audit import Action, alias_of, record
from accounts.services.departures import stay

logger = structlog.get_logger(__name__)


@receiver(user_logged_in)
def record_sign_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    methods = [step["method"] for step in get_authentication_records(request, user)]
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
