"""Filters of the panel's lists by what waits for an administrator: the figures of the front page lead to them."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat.services.overview import IS_NEARLY_USED_UP, IS_UNSETTLED, NEEDS_ATTENTION


class WaitingFilter(admin.SimpleListFilter):
    """What meets the condition, or everything else."""

    condition: Q

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(self.condition)
        return queryset.exclude(self.condition) if self.value() == "no" else queryset


class NearlyUsedUp(WaitingFilter):
    title, parameter_name, condition = _("nearly used up"), "nearly_used_up", IS_NEARLY_USED_UP


class Unsettled(WaitingFilter):
    title, parameter_name, condition = _("still to settle or release"), "unsettled", IS_UNSETTLED


class NeedsAttention(WaitingFilter):
    title, parameter_name, condition = _("needs attention"), "needs_attention", NEEDS_ATTENTION
