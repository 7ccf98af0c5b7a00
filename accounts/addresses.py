"""The address of a thing by its id. What Django finds out about it is kept, since pages have dozens of them."""

from functools import cache
from uuid import UUID

from django.urls import get_script_prefix, reverse

PLACE = UUID(int=0)


def address(name: str, key: UUID) -> str:
    """What `reverse(name, args=[key])` gives. Raises NoReverseMatch."""
    before, after = around(name, get_script_prefix())
    return f"{before}{key}{after}"


@cache
def around(name: str, prefix: str) -> tuple[str, str]:
    """What stands before the key and after it, where the site is under `prefix`. There is one URLconf."""
    before, _, after = reverse(name, args=[PLACE]).partition(str(PLACE))
    return before, after
