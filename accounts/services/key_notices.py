"""Telling those who can do something about it that a key runs out, has run out, or is refused: once a day each.

Whoever owns a key can act on it; on the team's the administrators, and those webhooks that want to hear of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey, KeyNotice, User
from accounts.models.key_notice import Kind, site_day
from accounts.services import webhooks
from accounts.services.mails import mail_people

# A key that was neither added nor used nor checked for so long is nobody's worry any more.
WORTH_TELLING_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=30)
DAY = timedelta(days=1)
State = ApiKey.State
STATES = {
    Kind.REFUSED: Q(state=State.REFUSED),
    Kind.EXHAUSTED: Q(state=State.EXHAUSTED),
    Kind.LOW_BALANCE: Q(balance__lt=F("warn_below")) & ~Q(state__in=[State.REFUSED, State.EXHAUSTED]),
}
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a key, and the day of the site on which it is."""

    key: ApiKey
    kind: Kind
    day: date

    @property
    def occasion(self) -> str:
        return f"{self.kind} {self.key.pk} {self.day}"


def tell_of_keys() -> None:
    """Note what is to be told today, and mail what was noted and is not mailed yet."""
    note_troubles()
    # A mail that could not leave before midnight may leave after it.
    unmailed = KeyNotice.objects.filter(mailed_at=None, day__gte=site_day() - DAY, person__is_active=True)
    for notice in unmailed.select_related("person", "key").defer("key__ciphertext", "key__fingerprint"):
        mail(notice)


@transaction.atomic
def note_troubles() -> None:
    """A row for each person and a delivery for each webhook that is to hear of it. What is there already stays."""
    found = list(troubles())
    administrators = list(User.objects.administrators()) if any(one.key.is_the_teams for one in found) else []
    notices = [
        KeyNotice(person=person, key=trouble.key, kind=trouble.kind, day=trouble.day)
        for trouble in found
        for person in (administrators if trouble.key.is_the_teams else owners(trouble.key))
    ]
    KeyNotice.objects.bulk_create(notices, ignore_conflicts=True)
    for trouble in found:
        # Not of people's own keys: a channel of the team need not know who has run out of credits.
        if trouble.key.is_the_teams:
            webhooks.announce(trouble.key, kind=trouble.kind, occasion=trouble.occasion)


def owners(key: ApiKey) -> list[User]:
    return [key.owner] if key.owner and key.owner.is_active else []


def troubles() -> Iterator[Trouble]:
    now, today = timezone.now(), site_day()
    lately = now - WORTH_TELLING_FOR
    used = Q(last_used_at__gt=lately) | Q(checked_at__gt=lately) | Q(created_at__gt=lately)
    keys = (
        ApiKey.objects.in_use().filter(used, is_paused=False).select_related("owner").without_secrets().order_by("pk")
    )
    for kind, state in STATES.items():
        yield from (Trouble(key, kind, today) for key in keys.filter(state))
    for key in keys.filter(spend_limited_at__gt=now - DAY):
        # On the day when it was reached: a job that runs at midnight must not tell it twice.
        yield Trouble(key, Kind.SPEND_LIMIT, site_day(key.spend_limited_at))


def mail(notice: KeyNotice) -> None:
    """Of several workers that come to it at once one writes. A mail that could not leave is tried again."""
    row, now = KeyNotice.objects.filter(pk=notice.pk), timezone.now()
    if not row.filter(mailed_at=None).update(mailed_at=now):
        return
    try:
        mail_people(
            [notice.person],
            subject=lambda: subject_of(notice),
            template="accounts/mail/key_notice.txt",
            context={"key": notice.key, "kind": notice.kind},
        )
    except OSError as exc:
        log.warning("key_notice_not_sent", key=str(notice.key_id), error=type(exc).__name__)
        row.update(mailed_at=None)


def subject_of(notice: KeyNotice) -> str:
    subjects = {
        Kind.LOW_BALANCE: _("Few credits left on “%(label)s”"),
        Kind.EXHAUSTED: _("No credits left on “%(label)s”"),
        Kind.REFUSED: _("Segmind refuses “%(label)s”"),
        Kind.SPEND_LIMIT: _("Spend limit reached on “%(label)s”"),
    }
    return subjects[Kind(notice.kind)] % {"label": notice.key.label}


def dismiss(*, person: User, notice_id: int) -> None:
    """Put a notice away until the next day. Somebody else's, and one that is gone, is none."""
    KeyNotice.objects.filter(pk=notice_id, person=person, dismissed_at=None).update(dismissed_at=timezone.now())


def forget_old_notices() -> None:
    KeyNotice.objects.filter(day__lt=site_day() - KEPT_FOR).delete()


def recipients_of(key: ApiKey) -> QuerySet[User]:
    """Its owner; the administrators for one of the team."""
    return User.objects.filter(pk=key.owner_id, is_active=True) if key.owner_id else User.objects.administrators()


class KeyNotices:
    """What a person is told of keys in the page, read only by whole pages.

    `keys` are those that may pay for them, which a page has asked for anyway: while all is well with their own, only
    administrators pay a query for it.
    """

    def __init__(self, user: User, keys: Callable[[], Iterable[ApiKey]]) -> None:
        self.user = user
        self.keys = keys

    def __iter__(self) -> Iterator[KeyNotice]:
        is_worth_it = self.user.is_administrator or any(
            key.may_be_in_trouble for key in self.keys() if key.owner_id == self.user.pk
        )
        return iter(KeyNotice.objects.shown_to(self.user) if is_worth_it else ())
