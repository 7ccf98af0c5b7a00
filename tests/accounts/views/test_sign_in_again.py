"""Signing in inside a page whose session is over: by allauth's own way, and only the same person goes on there."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/c/3f0c9a52-8b7e-4f0d-9f43-0c3f9ad3a001/"}


@pytest.fixture(autouse=True)
def forget_attempts() -> None:
    """allauth counts attempts in the cache, across tests."""
    cache.clear()


def ask(client: Client, person: User) -> Any:
    """As the dialog does, which follows redirects as browsers do."""
    return client.get(f"/accounts/signed-in/?person={person.pk}", headers=HTMX, follow=True)


def sign_in(client: Client, person: User, *, whose_page: User, password: str = PASSWORD) -> Any:
    again = f"/accounts/signed-in/?person={whose_page.pk}"
    form = {"login": person.email, "password": password, "next": again}
    return client.post("/accounts/login/", form, headers=HTMX, follow=True)


def test_signed_out_it_is_the_form_and_no_page(client: Client, alice: User) -> None:
    page = ask(client, alice).content.decode()
    assert "<html" not in page
    assert f'name="next" value="/accounts/signed-in/?person={alice.pk}"' in page
    assert 'hx-post="/accounts/login/"' in page
    assert "fresh-token" not in page


def test_the_same_person_gets_a_token_for_the_page(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    page = ask(client, alice).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    again = f"/accounts/signed-in/?person={alice.pk}"
    form = {"login": alice.email, "password": PASSWORD, "next": again, "csrfmiddlewaretoken": token[1]}
    done = client.post("/accounts/login/", form, headers=HTMX, follow=True)
    fresh = re.search(r'<fresh-token value="(\w+)">', done.content.decode())
    assert fresh
    assert client.session["_auth_user_id"] == str(alice.pk)
    post = {"csrfmiddlewaretoken": token[1], "appearance": "dark"}
    assert client.post("/settings/appearance/", post).status_code == 403
    assert client.post("/settings/appearance/", post | {"csrfmiddlewaretoken": fresh[1]}).status_code != 403


def test_somebody_else_is_taken_to_their_own_page(client: Client, alice: User, bob: User) -> None:
    answer = sign_in(client, bob, whose_page=alice)
    assert answer["HX-Redirect"] == "/"
    assert b"fresh-token" not in answer.content


@pytest.mark.parametrize("person", ["", "0", "x", "None"])
def test_nobodys_page_is_not_gone_on_with(client: Client, alice: User, person: str) -> None:
    client.force_login(alice)
    assert client.get(f"/accounts/signed-in/?person={person}", headers=HTMX)["HX-Redirect"] == "/"


def test_a_wrong_password_stays_in_the_dialog_and_is_counted(client: Client, alice: User) -> None:
    for _ in range(5):
        answer = sign_in(client, alice, whose_page=alice, password="wrong")
        assert answer.status_code == 422
        assert "<html" not in answer.content.decode()
    throttled = sign_in(client, alice, whose_page=alice)
    assert throttled.status_code == 422
    assert "_auth_user_id" not in client.session


def test_a_second_factor_has_a_page_of_its_own_in_a_new_tab(client: Client, alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    answer = sign_in(client, alice, whose_page=alice)
    page = answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert "<html" not in page
    assert re.search(r'<a [^>]*href="/accounts/2fa/authenticate/[^"]*" target="_blank"', page)
    assert "fresh-token" not in page
    assert 'target="_blank"' in ask(client, alice).content.decode()
    assert client.get("/accounts/2fa/authenticate/").status_code == 200


def test_another_way_of_signing_in_ends_at_a_page_that_sends_one_back(client: Client, alice: User) -> None:
    page = ask(client, alice).content.decode()
    assert 'href="/accounts/login/?next=/accounts/signed-in/" target="_blank"' in page
    signed_out = client.get("/accounts/signed-in/")
    assert signed_out["Location"] == f"/accounts/login/?next={quote('/accounts/signed-in/', safe='')}"
    client.force_login(alice)
    assert "Close this tab" in client.get("/accounts/signed-in/").content.decode()


def test_no_answer_of_it_is_stored_by_the_browser(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "no-store" in ask(client, alice)["Cache-Control"]
    assert settings.SESSION_COOKIE_HTTPONLY
