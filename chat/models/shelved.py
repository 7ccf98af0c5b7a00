import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User


class ShelvedQuerySet[Thing: "Shelved"](models.QuerySet[Thing]):
    def visible_to(self, user: "User") -> "ShelvedQuerySet[Thing]":
        """One's own and the team's."""
        return self.filter(Q(owner=user) | Q(owner=None))

    def editable_by(self, user: "User") -> "ShelvedQuerySet[Thing]":
        """One's own; the team's are written by administrators."""
        return self.visible_to(user) if user.is_administrator else self.filter(owner=user)

    def in_order(self) -> "ShelvedQuerySet[Thing]":
        """One's own before the team's, each in the order that they were given."""
        return self.order_by(F("owner").asc(nulls_last=True), "position", "created_at")


class Shelved(models.Model):
    """Something on a shelf, a person's or the team's: under a name that is there once, in a chosen order."""

    MOST_ON_A_SHELF: ClassVar[int]
    # The fields that a copy takes over.
    CONTENT: ClassVar[tuple[str, ...]]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # NULL: the team's.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, editable=False, related_name="%(class)ss"
    )
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ShelvedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint("owner", Lower("name"), name="%(class)s_name_once_on_a_shelf", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_teams(self) -> bool:
        return self.owner_id is None

    @property
    def summary(self) -> str:
        """A line about it, for lists."""
        raise NotImplementedError
