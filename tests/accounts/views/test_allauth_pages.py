"""Every page of allauth that can be reached looks like ours, and brings no script or style of its own."""

from html.parser import HTMLParser
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

SIGNED_OUT = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/inactive/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-nonsense/",
    "/accounts/password/reset/key/done/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/nonsense/",
]
SIGNED_IN = [
    "/accounts/logout/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/reauthenticate/",
    "/accounts/sessions/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
]


class Outline(HTMLParser):
    """What a page is made of, as far as it matters here."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.classes: list[str] = []
        self.scripts: list[str | None] = []
        self.inline: list[str] = []
        self.labelled: set[str] = set()
        self.boxes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.classes += (found.get("class") or "").split()
        self.inline += (
            [tag] if tag == "style" or "style" in found or any(name.startswith("on") for name in found) else []
        )
        # Data is not run, so the CSP has nothing against it.
        if tag == "script" and found.get("type") != "application/json":
            self.scripts.append(found.get("src"))
        if tag == "label":
            self.labelled.add(found.get("for") or "")
        if tag == "input" and found.get("type") not in ("hidden", "radio"):
            self.boxes.add(found.get("id") or "")


@pytest.fixture(autouse=True)
def forget_attempts() -> None:
    cache.clear()


def looks_like_ours(answer: Any) -> None:
    page = answer.content.decode()
    outline = Outline(page)
    assert answer.status_code == 200
    assert "gate" in outline.classes
    assert "card" in outline.classes
    assert outline.inline == []
    assert all(source and source.startswith("/static/") and "account" not in source for source in outline.scripts)
    assert outline.boxes <= outline.labelled
    assert "placeholder" not in page
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("address", SIGNED_OUT)
def test_pages_for_people_who_are_not_signed_in(client: Client, alice: User, address: str) -> None:
    looks_like_ours(client.get(address))


@pytest.mark.parametrize("address", SIGNED_IN)
def test_pages_for_people_who_are_signed_in(client: Client, alice: User, address: str) -> None:
    sign_in(client, alice)
    looks_like_ours(client.get(address))


def test_the_page_behind_a_link_for_a_new_password(client: Client, alice: User) -> None:
    key = default_token_generator.make_token(alice)
    address = f"/accounts/password/reset/key/{user_pk_to_url_str(alice)}-{key}/"
    looks_like_ours(client.get(address, follow=True))


def test_the_page_behind_a_link_that_confirms_an_address(client: Client, alice: User) -> None:
    address = EmailAddress.objects.create(user=alice, email="new@example.com")
    answer = client.get(f"/accounts/confirm-email/{EmailConfirmationHMAC(address).key}/")
    looks_like_ours(answer)
    assert "new@example.com" in answer.content.decode()


def test_a_wrong_form_is_described_beside_its_boxes(client: Client, alice: User) -> None:
    sign_in(client, alice)
    answer = client.post("/accounts/password/change/", {"oldpassword": "wrong", "password1": "x", "password2": "y"})
    looks_like_ours(answer)
    page = answer.content.decode()
    assert 'id="id_oldpassword_error"' in page
    assert "at least 15 characters" in page


def test_the_way_out_is_a_button(client: Client, alice: User) -> None:
    sign_in(client, alice)
    page = client.get("/accounts/logout/").content.decode()
    assert 'class="button button--primary"' in page
    assert "Back to the security settings" in page


def test_too_many_attempts_are_slowed_down_on_a_page_of_ours(client: Client, alice: User) -> None:
    answers = [client.post("/accounts/password/reset/", {"email": "alice@example.com"}) for _ in range(6)]
    last = answers[-1]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert "Too many attempts" in last.content.decode()
    assert 'class="gate"' in last.content.decode()
