"""The names of what rows point to, which may be gone all the same: after a restore of half of the rows, say."""

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils.translation import gettext as _


def name_of(row: models.Model, field: str) -> str:
    """The name of what a foreign key points to; "removed" if there is no such row, a dash if it points to nothing."""
    if getattr(row, f"{field}_id") is None:
        return "–"
    try:
        thing = getattr(row, field)
    except ObjectDoesNotExist:
        thing = None
    return str(thing or _("removed"))
