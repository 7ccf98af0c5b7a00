"""The address of a thing by its id. What Django finds out about it is kept, since pages have dozens of them."""

from functools import cache
from uuid import UUID

from django.urls import get_script_prefix, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

PLACE = UUID(int=0)


def address(name: str, key: UUID) -> SafeString:
    """As `reverse(name, args=[key])` gives it, ready for HTML. Raises NoReverseMatch."""
    before, after = around(name, get_script_prefix())
    return SafeString(f"{before}{key}{after}")


@cache
def around(name: str, prefix: str) -> tuple[str, str]:
    """What stands before the key and after it, where the site is under `prefix`."""
    before, _, after = escape(reverse(name, args=[PLACE])).partition(str(PLACE))
    return before, after
