"""The token in every form, against requests forged by other sites."""

from functools import lru_cache

from django.middleware import csrf

from accounts.requests import HtmxRequest


def page_token(request: HtmxRequest) -> str:
    """The token of the page that asks for a fragment, as long as it holds; else a new one.

    To make one takes Django longer than most of a fragment's forms. A page keeps its token as ever: it brings it in a
    header, which another site can't set, so that nobody else can make two answers with the same mask.
    """
    told = request.headers.get("X-CSRFToken", "") if request.htmx else ""
    secret = request.META.get("CSRF_COOKIE")
    # Of this length is a masked one; the bare secret, which Django takes as well, is never written into a page.
    is_masked = len(told) == csrf.CSRF_TOKEN_LENGTH
    return told if secret and is_masked and holds(told, secret) else csrf.get_token(request)


# A page asks with the same one again and again.
@lru_cache(maxsize=1024)
def holds(token: str, secret: str) -> bool:
    """Whether Django takes this token for one of that cookie. It asks itself by these names, and offers no others."""
    try:
        csrf._check_token_format(token)  # type: ignore[attr-defined]
    except csrf.InvalidTokenFormat:
        return False
    return bool(csrf._does_token_match(token, secret))  # type: ignore[attr-defined]
