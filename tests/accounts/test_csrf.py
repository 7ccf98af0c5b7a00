"""The token in the forms of a page and of the fragments that come into it."""

import pytest
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.test import RequestFactory
from django_htmx.middleware import HtmxMiddleware
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.csrf import holds, page_token

SECRET, OTHER_SECRET = "s" * 32, "o" * 32
# Masked by the letter that stands for nothing.
TOKEN = "a" * 32 + SECRET


def request(token: str | None, *, is_htmx: bool = True, secret: str | None = SECRET, method: str = "GET"):
    factory = RequestFactory()
    if secret:
        factory.cookies["csrftoken"] = secret
    headers = {"HX-Request": "true"} if is_htmx else {}
    made = factory.generic(method, "/", headers=headers)
    if token is not None:
        made.META["HTTP_X_CSRFTOKEN"] = token
    HtmxMiddleware(HttpResponse)(made)
    CsrfViewMiddleware(HttpResponse).process_request(made)
    return made


def is_taken(token: str, *, secret: str = SECRET) -> bool:
    """Whether Django lets a POST with it pass."""
    return (
        CsrfViewMiddleware(HttpResponse).process_view(
            request(token, secret=secret, method="POST"), HttpResponse, (), {}
        )
        is None
    )


def test_a_fragment_has_the_token_of_its_page():
    asking = request(TOKEN)
    assert page_token(asking) == TOKEN
    assert is_taken(TOKEN)
    assert "CSRF_COOKIE_NEEDS_UPDATE" not in asking.META


def test_a_page_has_one_of_its_own():
    tokens = {page_token(request(TOKEN, is_htmx=False)) for _ in range(2)}
    assert len(tokens - {TOKEN}) == 2
    assert all(is_taken(token) for token in tokens)


def test_a_page_from_before_the_last_sign_in_gets_a_fresh_one():
    token = page_token(request(TOKEN, secret=OTHER_SECRET))
    assert token != TOKEN
    assert is_taken(token, secret=OTHER_SECRET)


def test_whoever_has_no_cookie_yet_gets_one():
    asking = request(TOKEN, secret=None)
    token = page_token(asking)
    assert is_taken(token, secret=asking.META["CSRF_COOKIE"])
    assert asking.META["CSRF_COOKIE_NEEDS_UPDATE"]


@given(st.text(max_size=70) | st.text("ab9", min_size=32, max_size=32) | st.text("ab9", min_size=64, max_size=64))
@example("")
@example(SECRET)
@example("<script>")
def test_whatever_comes_in_the_header_the_form_can_be_sent(told):
    assert is_taken(page_token(request(told)))


def test_without_the_header_it_is_a_fresh_one():
    tokens = {page_token(request(None)) for _ in range(2)}
    assert len(tokens) == 2
    assert all(is_taken(token) for token in tokens)


def test_the_bare_secret_is_not_written_into_a_page():
    assert is_taken(SECRET)
    assert SECRET not in page_token(request(SECRET))


def test_what_is_too_long_for_a_token_is_not_remembered():
    holds.cache_clear()
    page_token(request("a" * 100_000))
    assert holds.cache_info().currsize == 0


@pytest.mark.parametrize("token", [TOKEN[:-1], TOKEN + "a", "a" * 64])
def test_what_only_looks_like_one_is_not_kept(token):
    assert page_token(request(token)) != token
