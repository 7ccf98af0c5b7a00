"""Telling whoever a key was of by mail that it is revoked."""

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey
from accounts.services.key_notices import recipients_of
from accounts.services.mails import mail_people

log = structlog.get_logger(__name__)


def tell_of_revoked_keys() -> None:
    """Mail the owner of every key that was revoked since this was last called; the administrators of the team's."""
    for key in ApiKey.objects.filter(revoked_at__isnull=False, revocation_told_at=None).without_secrets():
        tell(key)


def tell(key: ApiKey) -> None:
    """Of several workers that come to it at once one writes. A mail that could not leave is tried again."""
    row = ApiKey.objects.filter(pk=key.pk)
    if not row.filter(revocation_told_at=None).update(revocation_told_at=timezone.now()):
        return
    try:
        mail_people(
            recipients_of(key),
            subject=lambda: _("The key “%(label)s” is revoked") % {"label": key.label},
            template="accounts/mail/key_revoked.txt",
            context={"key": key},
        )
    except OSError as exc:
        log.warning("revocation_notice_not_sent", key=str(key.pk), error=type(exc).__name__)
        row.update(revocation_told_at=None)
