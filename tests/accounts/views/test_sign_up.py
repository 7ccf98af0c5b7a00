"""Without an invitation: closed, or open for addresses of listed domains, which are proven first."""

import re

import pytest
from allauth.account import app_settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.services.api_keys import key_for
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
ADDRESS = "/accounts/signup/"


@pytest.fixture(autouse=True)
def forget_attempts() -> None:
    cache.clear()


@pytest.fixture
def open_for_example_com(settings: Settings, alice: User) -> None:
    """As config.settings has it where SIGNUP_EMAIL_DOMAINS is example.com."""
    settings.SIGNUP_EMAIL_DOMAINS = ["example.com"]
    settings.ACCOUNT_EMAIL_VERIFICATION = app_settings.EmailVerificationMethod.MANDATORY
    settings.SANDBOX_URL = "http://127.0.0.1:8010"


def sign_up(client: Client, email: str) -> str:
    answer = client.post(ADDRESS, {"name": "Zoe", "email": email, "password1": PASSWORD}, follow=True)
    page: str = answer.content.decode()
    return page


def test_it_is_closed(client: Client, alice: User) -> None:
    assert "closed" in sign_up(client, "zoe@example.com")
    assert list(User.objects.all()) == [alice]
    assert ADDRESS not in client.get("/accounts/login/").content.decode()


@pytest.mark.usefixtures("open_for_example_com")
def test_an_address_of_a_listed_domain_gets_an_account_once_it_is_proven(client: Client) -> None:
    assert ADDRESS in client.get("/accounts/login/").content.decode()
    sign_up(client, "Zoe@Example.com")
    zoe = User.objects.get(name="Zoe")
    assert (zoe.email, zoe.role) == ("zoe@example.com", "member")
    assert key_for(zoe) is not None
    assert client.get("/settings/").status_code == 302
    client.post("/accounts/login/", {"login": zoe.email, "password": PASSWORD})
    assert client.get("/settings/").status_code == 302
    link = re.search(r"/accounts/confirm-email/\S+", str(mail.outbox[0].body))
    assert link
    client.post(link[0])
    client.post("/accounts/login/", {"login": zoe.email, "password": PASSWORD})
    assert client.get("/settings/").status_code == 200


@pytest.mark.usefixtures("open_for_example_com")
@pytest.mark.parametrize("domain", ["elsewhere.com", "sub.example.com", "example.com.elsewhere.com", "notexample.com"])
def test_any_other_address_needs_an_invitation(client: Client, domain: str) -> None:
    assert "an invitation is needed" in sign_up(client, f"zoe@{domain}")
    assert not User.objects.filter(name="Zoe").exists()


@pytest.mark.usefixtures("open_for_example_com")
def test_a_known_address_gets_the_same_answer_as_an_unknown_one(client: Client) -> None:
    known, unknown = sign_up(Client(), "alice@example.com"), sign_up(Client(), "zoe@example.com")
    token = re.compile(r"[A-Za-z0-9]{64}")
    assert token.sub("", known) == token.sub("", unknown).replace("zoe@example.com", "alice@example.com")
    assert User.objects.count() == 2
