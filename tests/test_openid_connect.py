"""The whole site with a provider named in its settings."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import openid_provider
from tests.databases import database_of_a_site
from tests.factories import PASSWORD
from tests.openid_provider import Provider
from tests.stack import Stack

SETTINGS = {"OIDC_CLIENT_ID": "parley", "OIDC_CLIENT_SECRET": "a secret", "OIDC_NAME": "Example"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with openid_provider.running() as provider:
        yield provider


@pytest.fixture(scope="module")
def site(provider: Provider, postgres: str, var_dir: Path) -> Iterator[Stack]:
    """Set up by Ada."""
    database = {"DATABASE_URL": database_of_a_site(postgres, "parley_openid")}
    stack = Stack(var_dir / "openid", {"OIDC_ISSUER": provider.issuer, **SETTINGS, **database})
    stack.start()
    with browser(stack) as ada:
        fields = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', ada.get("/setup/").text)
        assert token
        assert ada.post("/setup/", data={"csrfmiddlewaretoken": token[1], **fields}).status_code == 200
    yield stack
    stack.stop()


def browser(site: Stack) -> httpx.Client:
    return httpx.Client(base_url=site.url, follow_redirects=True, headers={"Referer": site.url}, timeout=30)


def go_on_with_the_provider(visitor: httpx.Client) -> httpx.Response:
    page = visitor.get("/settings/").text
    link = re.search(r'href="(/accounts/oidc/[^"]+)">Continue with Example</a>', page)
    assert link
    return visitor.get(link[1].replace("&amp;", "&"))


def test_somebody_with_an_account_under_the_confirmed_address_comes_in(site: Stack, provider: Provider) -> None:
    provider.claims = {"sub": "1", "email": "ada@example.com", "email_verified": True}
    with browser(site) as visitor:
        answer = go_on_with_the_provider(visitor)
        assert (answer.status_code, answer.url.path) == (200, "/settings/")
        assert 'value="Ada"' in answer.text
        log = visitor.get("/admin/accounts/auditentry/").text
        assert log.count("<div>outside account connected</div>") == 1
    asked = provider.tokens_asked_for[-1]
    assert (asked["client_id"], asked["client_secret"]) == (["parley"], ["a secret"])
    assert asked["code_verifier"]


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "2", "email": "eve@example.com", "email_verified": True},
        {"sub": "3", "email": "ada@example.com", "email_verified": False},
        {"sub": "4"},
    ],
)
def test_nobody_else_does(site: Stack, provider: Provider, claims: dict[str, object]) -> None:
    provider.claims = claims
    with browser(site) as visitor:
        assert "closed" in go_on_with_the_provider(visitor).text
        assert visitor.get("/settings/").url.path == "/accounts/login/"
