from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.api_key import ApiKey

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.models import User


def site_day(moment: "datetime | None" = None) -> "date":
    """The calendar day in the site's own time zone, whatever zone the person who asks has chosen."""
    return timezone.localdate(moment, timezone.get_default_timezone())


class Kind(models.TextChoices):
    """What can be wrong with a key. The values are the `type` of webhooks, and stay as they are."""

    LOW_BALANCE = "key.low_balance", _("few credits left")
    EXHAUSTED = "key.exhausted", _("no credits left")
    REFUSED = "key.refused", _("refused by Segmind")
    SPEND_LIMIT = "key.spend_limit", _("spend limit reached")


class KeyNoticeQuerySet(models.QuerySet["KeyNotice"]):
    def shown_to(self, person: "User") -> "KeyNoticeQuerySet":
        """Today's, as long as what they tell is so, they can act on it, and they have not put it away."""
        theirs = Q(key__owner=person)
        return (
            self.filter(person=person, day=site_day(), dismissed_at=None)
            .filter(theirs | Q(key__owner=None) if person.is_administrator else theirs)
            .filter(STILL_SO)
            .select_related("key")
            .defer("key__ciphertext", "key__fingerprint")
            .order_by("created_at", "pk")
        )


STILL_SO = (
    Q(kind=Kind.SPEND_LIMIT)
    | Q(kind=Kind.REFUSED, key__state=ApiKey.State.REFUSED)
    | Q(kind=Kind.EXHAUSTED, key__state=ApiKey.State.EXHAUSTED)
    | Q(kind=Kind.LOW_BALANCE, key__balance__lt=F("key__warn_below"))
)


class KeyNotice(models.Model):
    """That a person is told of a key they can do something about: once a day for each thing that is wrong with it."""

    Kind = Kind

    person = models.ForeignKey("User", on_delete=models.CASCADE, related_name="key_notices")
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind)
    day = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)
    # NULL until a mail has left, or is about to.
    mailed_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)

    objects: ClassVar[KeyNoticeQuerySet] = KeyNoticeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("notice about a key")
        verbose_name_plural = _("notices about keys")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "day", "key", "kind"], name="key_notice_once_a_day"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="key_notice_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.day}"
