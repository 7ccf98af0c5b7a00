from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget_attempts() -> None:
    """allauth counts attempts in the cache, across tests."""
    cache.clear()


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def test_while_there_is_no_account_it_leads_to_the_set_up(client: Client) -> None:
    answer = client.get("/accounts/login/")
    assert (answer.status_code, answer["Location"]) == (302, "/setup/")


def test_the_page_is_ours(client: Client, alice: User) -> None:
    page = client.get("/accounts/login/?next=/settings/").content.decode()
    for name in [">Email</label>", ">Password</label>", ">Sign in</button>", ">Forgot your password?</a>"]:
        assert name in page
    assert 'name="next" value="/settings/"' in page
    assert "placeholder" not in page
    assert "sign up" not in page.lower()


@pytest.mark.parametrize("email", ["alice@example.com", "ALICE@Example.com"])
def test_signing_in_by_email_in_any_case(client: Client, alice: User, email: str) -> None:
    answer = sign_in(client, email)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(client: Client, alice: User) -> None:
    wrong, unknown = sign_in(client, "alice@example.com", "wrong"), sign_in(client, "nobody@example.com", "wrong")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.context["form"].errors == unknown.context["form"].errors
    assert 'role="alert"' in wrong.content.decode()
    assert 'value="alice@example.com"' in wrong.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_a_wrong_password_costs_one_hash_whether_the_address_is_known_or_not(
    client: Client, alice: User, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    encode = MD5PasswordHasher.encode

    def count(self: MD5PasswordHasher, password: str, *args: Any) -> str:
        hashed.append(password)
        return encode(self, password, *args)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    sign_in(client, email, "wrong")
    assert hashed == ["wrong"]


def test_a_disabled_person_stays_out(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert sign_in(client, "alice@example.com")["Location"] == "/accounts/inactive/"
    assert "_auth_user_id" not in client.session


def test_signing_out_takes_a_post(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert "_auth_user_id" not in client.session


def test_nobody_signs_up_alone(client: Client, alice: User) -> None:
    assert "closed" in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", {"email": "eve@example.com", "password1": PASSWORD})
    assert list(User.objects.all()) == [alice]


def test_a_forgotten_password_is_set_anew_by_mail(client: Client, alice: User) -> None:
    assert client.post("/accounts/password/reset/", {"email": "Alice@example.com"}).status_code == 302
    (message,) = mail.outbox
    assert message.to == ["alice@example.com"]
    link = next(line for line in str(message.body).splitlines() if "/password/reset/key/" in line)
    form_url = client.get(link.strip())["Location"]
    new = {"password1": "another battery staple", "password2": "another battery staple"}
    assert "15 characters" in client.post(form_url, {"password1": "short", "password2": "short"}).content.decode()
    assert client.post(form_url, new).status_code == 302
    assert sign_in(client, "alice@example.com", "another battery staple").status_code == 302


def test_an_unknown_address_is_not_told_apart_and_not_sent_to_a_closed_sign_up(client: Client, alice: User) -> None:
    known = client.post("/accounts/password/reset/", {"email": "alice@example.com"})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert "signup" not in str(mail.outbox[-1].body)


def test_changing_the_password_keeps_the_session(client: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True)
    client.force_login(alice)
    new = {"oldpassword": PASSWORD, "password1": "another battery staple", "password2": "another battery staple"}
    assert client.post("/accounts/password/change/", new).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("another battery staple")
    assert client.get("/settings/").status_code == 200
