"""Telling the owner of a key by mail that its balance is low, once a day at most."""

from datetime import timedelta

import structlog
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey, User
from accounts.services.mails import mail_people

WARNED_EVERY = timedelta(days=1)
log = structlog.get_logger(__name__)


def warn_of_low_balances() -> None:
    """Mail the owner of every key whose last known balance is below what they want to be warned of."""
    due = Q(warned_at=None) | Q(warned_at__lt=timezone.now() - WARNED_EVERY)
    low = ApiKey.objects.in_use().filter(due, balance__lt=F("warn_below"))
    for key in low.select_related("owner").without_secrets():
        warn(key)


def warn(key: ApiKey) -> None:
    """Of several workers that come to it at once one writes. A mail that could not leave is tried again."""
    row, now = ApiKey.objects.filter(pk=key.pk), timezone.now()
    if not row.filter(warned_at=key.warned_at).update(warned_at=now):
        return
    try:
        mail_people(
            recipients_of(key),
            subject=lambda: _("Few credits left on “%(label)s”") % {"label": key.label},
            template="accounts/mail/low_balance.txt",
            context={"key": key},
        )
    except OSError as exc:
        log.warning("balance_warning_not_sent", key=str(key.pk), error=type(exc).__name__)
        row.filter(warned_at=now).update(warned_at=key.warned_at)


def recipients_of(key: ApiKey) -> QuerySet[User]:
    """Its owner; the administrators for one of the team."""
    return User.objects.filter(pk=key.owner_id, is_active=True) if key.owner_id else User.objects.administrators()
