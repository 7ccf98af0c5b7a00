"""How numbers and pictures appear on the pages."""

from decimal import Decimal
from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

SIGNIFICANT_DIGITS = 3
# The first that fits: most browsers name others as well, to be served like them.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "Windows": "Windows",
    "Linux": "Linux",
}


# A page of fifty messages has hundreds of them.
@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A line icon of static/icons.svg, hidden from screen readers: the element around it carries the name."""
    address = f"{static('icons.svg')}#{name}"
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', address)


@register.filter
def credits(amount: Decimal | None) -> str:
    """Segmind's credits, short: two decimals from 1 on, three significant digits below. Empty when unknown."""
    if amount is None or not amount.is_finite():
        return ""
    if amount == 0:
        return "0"
    shown = round(amount, SIGNIFICANT_DIGITS - 1 - amount.adjusted()).normalize()
    if abs(shown) >= 1:
        shown = round(amount, 2)
    return number_format(shown, use_l10n=True, force_grouping=True)


@register.filter
def duration(seconds: float | None) -> str:
    """A time a person waited, as "2.1 s" or "1 min 12 s". Empty when unknown."""
    if seconds is None:
        return ""
    if round(seconds, 1) < 60:
        return _("%(seconds)s s") % {"seconds": number_format(round(seconds, 1), use_l10n=True)}
    minutes, rest = divmod(round(seconds), 60)
    return _("%(minutes)d min %(seconds)02d s") % {"minutes": minutes, "seconds": rest}


@register.filter
def browser(user_agent: str) -> str:
    """What a browser calls itself, in words that a person knows: "Firefox, Linux"."""
    found = [next((name for mark, name in names.items() if mark in user_agent), None) for names in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found)) or _("Unknown browser")
