"""Telling the owner of a key by mail that its balance is low, once a day at most."""

from datetime import timedelta

import structlog
from django.core.mail import send_mail
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey, User

WARNED_EVERY = timedelta(days=1)
log = structlog.get_logger(__name__)


def warn_of_low_balances() -> None:
    """Mail the owner of every key whose last known balance is below what they want to be warned of."""
    due = Q(warned_at=None) | Q(warned_at__lt=timezone.now() - WARNED_EVERY)
    for key in ApiKey.objects.filter(due, balance__lt=F("warn_below")).select_related("owner").without_secrets():
        warn(key)


def warn(key: ApiKey) -> None:
    """Of several workers that come to it at once one writes. A mail that could not leave is tried again."""
    row, now = ApiKey.objects.filter(pk=key.pk), timezone.now()
    if not row.filter(warned_at=key.warned_at).update(warned_at=now):
        return
    subject = _("Few credits left on “%(label)s”") % {"label": key.label}
    try:
        send_mail(subject, render_to_string("accounts/mail/low_balance.txt", {"key": key}), None, recipients_of(key))
    except OSError as exc:
        log.warning("balance_warning_not_sent", key=str(key.pk), error=type(exc).__name__)
        row.filter(warned_at=now).update(warned_at=key.warned_at)


def recipients_of(key: ApiKey) -> list[str]:
    """Its owner; the administrators for one of the team."""
    people = User.objects.filter(pk=key.owner_id, is_active=True) if key.owner_id else User.objects.administrators()
    return list(people.values_list("email", flat=True))
