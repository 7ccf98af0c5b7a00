"""Telling the owner of a key by mail that Segmind lets fewer messages through it than was thought."""

from datetime import datetime

import structlog
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.models import ApiKey
from accounts.services.key_notices import recipients_of
from accounts.services.mails import mail_people

log = structlog.get_logger(__name__)


def tell_of_learned_rates() -> None:
    """Mail the owner of every key whose rate was lowered since they last heard of it."""
    untold = Q(rate_told_at=None) | Q(rate_told_at__lt=F("rate_learned_at"))
    for key in ApiKey.objects.in_use().filter(untold, rate_learned_at__isnull=False).without_secrets():
        tell(key)


def tell(key: ApiKey) -> None:
    """Of several workers that come to it at once one writes. A mail that could not leave is tried again."""
    before: datetime | None = key.rate_told_at
    row = ApiKey.objects.filter(pk=key.pk)
    if not row.filter(rate_told_at=before).update(rate_told_at=key.rate_learned_at):
        return
    try:
        mail_people(
            recipients_of(key),
            subject=lambda: _("“%(label)s” sends more slowly now") % {"label": key.label},
            template="accounts/mail/learned_rate.txt",
            context={"key": key},
        )
    except OSError as exc:
        log.warning("rate_notice_not_sent", key=str(key.pk), error=type(exc).__name__)
        row.update(rate_told_at=before)
