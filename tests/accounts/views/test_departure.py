import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
LEAVE, STAY = "/settings/departure/", "/settings/departure/cancellation/"


@pytest.fixture(autouse=True)
def forget_attempts() -> None:
    cache.clear()


def leave(client: Client) -> str:
    """Ask for the end, with the password that is asked for first."""
    answer = client.post(LEAVE, follow=True)
    asked, _ = answer.redirect_chain[-1]
    assert asked.startswith("/accounts/reauthenticate/")
    page: str = client.post(asked, {"password": PASSWORD}, follow=True).content.decode()
    return page


def test_the_end_is_asked_for_with_the_password_and_taken_back(client: Client, alice: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(alice)
    client.force_login(alice)
    page = leave(client)
    assert "will be deleted on" in page
    assert "Danger zone" not in page
    assert elsewhere.get("/settings/").status_code == 302
    assert "Your account stays." in client.post(STAY, follow=True).content.decode()
    alice.refresh_from_db()
    assert alice.deletion_due_at is None


def test_signing_in_again_takes_it_back_and_says_so(client: Client, alice: User) -> None:
    client.force_login(alice)
    leave(client)
    client.logout()
    fields = {"login": alice.email, "password": PASSWORD}
    assert "Your account stays." in client.post("/accounts/login/", fields, follow=True).content.decode()
    alice.refresh_from_db()
    assert alice.deletion_due_at is None


def test_the_last_administrator_is_told_why_not(client: Client, alice: User) -> None:
    User.objects.update(role="administrator")
    client.force_login(alice)
    assert "You are the last administrator" in leave(client)
    alice.refresh_from_db()
    assert alice.deletion_due_at is None


@pytest.mark.parametrize("address", [LEAVE, STAY])
def test_only_by_post_and_signed_in(client: Client, alice: User, address: str) -> None:
    assert client.post(address).status_code == 302
    client.force_login(alice)
    assert client.get(address).status_code == 405
