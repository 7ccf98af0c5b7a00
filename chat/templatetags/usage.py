"""What the usage tables need beyond numbers."""

from decimal import Decimal
from typing import Any

from django import template
from django.http import QueryDict
from django.utils.formats import number_format

from chat.services.usage import By
from chat.services.usage_report import Report, Row

register = template.Library()


@register.simple_tag
def slice_name(slices: dict[By, Any], by: By) -> str:
    """The heading for what the figures are taken apart by."""
    return str(slices[by])


@register.simple_tag(takes_context=True)
def row_link(context: Any, report: Report, row: Row) -> str:
    """The same page with this person, group, model or key alone; "" for what has no page."""
    if row.of is None or report.by == By.CONVERSATION:
        return ""
    query: QueryDict = context["request"].GET.copy()
    query[report.by] = str(row.of)
    query["by"] = By.MODEL if report.by != By.MODEL else By.KEY
    return f"?{query.urlencode()}"


@register.filter
def signed_percent(share: Decimal) -> str:
    """A share in percent, with its sign: 0.5 is "+50 %"."""
    number = round(share * 100)
    return f"{'+' if number >= 0 else '−'}{number_format(abs(number), use_l10n=True, force_grouping=True)} %"
