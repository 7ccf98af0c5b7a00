import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts.models import User
from tests.factories import PASSWORD
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
LEAVE, STAY = "/settings/departure/", "/settings/departure/cancellation/"


@pytest.fixture(autouse=True)
def forget_attempts() -> None:
    cache.clear()


def leave(client: Client, person: User) -> str:
    sign_in(client, person)
    page: str = client.post(LEAVE, follow=True).content.decode()
    return page


def test_it_is_asked_for_only_by_who_has_lately_shown_who_they_are(client: Client, alice: User) -> None:
    sign_in(client, alice, minutes_ago=16)
    assert "/reauthenticate/" in client.post(LEAVE)["Location"]
    alice.refresh_from_db()
    assert alice.deletion_due_at is None


@pytest.mark.parametrize(("days", "words"), [(14, "You have 14 days in which"), (1, "You have 1 day in which")])
def test_the_dialog_says_how_many_days_there_are(
    client: Client, alice: User, settings: Settings, days: int, words: str
) -> None:
    settings.ACCOUNT_DELETION_DAYS = days
    sign_in(client, alice)
    assert words in client.get("/settings/").content.decode()


def test_the_page_says_on_which_day_it_ends(
    client: Client, alice: User, settings: Settings, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to("2026-11-21 12:00:00+00:00", tick=False)
    settings.ACCOUNT_DELETION_DAYS = 10
    assert "will be deleted on Dec. 1, 2026" in leave(client, alice)


def test_the_end_is_asked_for_and_taken_back(client: Client, alice: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(alice)
    page = leave(client, alice)
    assert "will be deleted on" in page
    assert "Danger zone" not in page
    assert elsewhere.get("/settings/").status_code == 302
    assert "Your account stays." in client.post(STAY, follow=True).content.decode()
    alice.refresh_from_db()
    assert alice.deletion_due_at is None


def test_signing_in_again_takes_it_back_and_says_so(client: Client, alice: User) -> None:
    leave(client, alice)
    client.logout()
    fields = {"login": alice.email, "password": PASSWORD}
    assert "Your account stays." in client.post("/accounts/login/", fields, follow=True).content.decode()
    alice.refresh_from_db()
    assert alice.deletion_due_at is None


def test_the_last_administrator_is_told_why_not(client: Client, alice: User) -> None:
    User.objects.update(role="administrator")
    assert "You are the last administrator" in leave(client, alice)
    alice.refresh_from_db()
    assert alice.deletion_due_at is None


@pytest.mark.parametrize("address", [LEAVE, STAY])
def test_only_by_post_and_signed_in(client: Client, alice: User, address: str) -> None:
    assert client.post(address).status_code == 302
    client.force_login(alice)
    assert client.get(address).status_code == 405
