"""REQUIRE_SECOND_FACTOR: whoever has to have one and has none comes to its set-up, and nowhere else."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from accounts.services.second_factors import is_required_of
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

SET_UP = "/settings/security/second-factor/"
ELSEWHERE = ["/", "/settings/", "/settings/keys/", "/settings/security/", "/admin/", "/accounts/email/", "/c/"]


@pytest.fixture
def required(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = "everyone"


def give_app(person: User) -> str:
    secret: str = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def now_code(secret: str) -> str:
    code: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    return code


@pytest.mark.parametrize("path", ELSEWHERE)
def test_every_page_leads_to_the_set_up(client: Client, alice: User, required: None, path: str) -> None:
    sign_in(client, alice)
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, SET_UP)
    answer = client.get(path, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"], answer.content) == (200, SET_UP, b"")


def test_nothing_is_sent_or_changed_either(client: Client, alice: User, required: None) -> None:
    sign_in(client, alice)
    assert client.post("/settings/", {"name": "Mallory"})["Location"] == SET_UP
    alice.refresh_from_db()
    assert alice.name == "Alice"


def test_the_set_up_offers_both_ways_and_the_way_out(client: Client, alice: User, required: None) -> None:
    sign_in(client, alice)
    page = client.get(SET_UP).content.decode()
    for address in ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"]:
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
    assert client.get("/settings/security/authenticator.svg")["Content-Type"] == "image/svg+xml"
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"


def test_with_an_app_set_up_one_goes_on(client: Client, alice: User, required: None) -> None:
    sign_in(client, alice)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    answer = client.post("/accounts/2fa/totp/activate/", {"code": now_code(secret)})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    assert client.get("/").status_code == 200
    assert client.get(SET_UP)["Location"] == "/settings/security/"


def test_recovery_codes_alone_are_no_second_factor(client: Client, alice: User, required: None) -> None:
    Authenticator.objects.create(user=alice, type="recovery_codes", data={"seed": "00", "used_mask": 0})
    sign_in(client, alice)
    assert client.get("/")["Location"] == SET_UP


def test_the_last_one_stays(client: Client, alice: User, required: None) -> None:
    give_app(alice)
    sign_in(client, alice)
    answer = client.post("/accounts/2fa/totp/deactivate/")
    assert "You cannot deactivate two-factor authentication." in answer.content.decode()
    assert Authenticator.objects.filter(user=alice, type="totp").exists()


@pytest.mark.parametrize(("role", "status"), [("administrator", 302), ("auditor", 302), ("member", 200)])
def test_administrators_means_everyone_who_may_open_the_admin_panel(
    client: Client, alice: User, settings: Settings, role: str, status: int
) -> None:
    User.objects.filter(pk=alice.pk).update(role=role)
    sign_in(client, alice)
    is_let_into_the_panel = client.get("/admin/").status_code == 200
    settings.REQUIRE_SECOND_FACTOR = "administrators"
    assert client.get("/settings/").status_code == status
    assert is_let_into_the_panel == (status == 302)


def test_every_role_is_either_let_in_or_not(settings: Settings) -> None:
    """A role that is new has to be decided on."""
    settings.REQUIRE_SECOND_FACTOR = "administrators"
    required = {role for role in User.Role if is_required_of(User(role=role))}
    assert required == {role for role in User.Role if User(role=role).is_staff} == {"administrator", "auditor"}


def test_what_is_open_to_everyone_stays_open(client: Client, alice: User, required: None) -> None:
    sign_in(client, alice)
    assert client.get("/healthz").status_code == 200


def test_other_pages_read_no_factor_without_the_setting_and_never_the_count_of_attempts(
    client: Client, alice: User
) -> None:
    sign_in(client, alice)
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/settings/keys/").status_code == 200
    assert "accounts_apikey" in str(queries.captured_queries)
    assert "mfa_authenticator" not in str(queries.captured_queries)
    assert "accounts_attempt" not in str(queries.captured_queries)
