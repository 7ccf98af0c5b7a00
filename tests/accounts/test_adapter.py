"""Failures slow down who fails, and keep nobody else out."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts import known_devices
from accounts.models import User
from accounts.services.people import equip_person
from tests.factories import PASSWORD
from tests.signing_in import sign_in as sign_in_at_once

pytestmark = pytest.mark.django_db

TOO_MANY = "Too many failed login attempts"
HOME, OTHER = "192.0.2.1", "203.0.113.9"


@pytest.fixture(autouse=True)
def forget_attempts() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def equipped(alice: User) -> None:
    equip_person(person=alice)


def sign_in(client: Client, *, password: str = PASSWORD, email: str = "alice@example.com", address: str = HOME) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password}, REMOTE_ADDR=address)


def fail(times: int, *, address: str = OTHER, email: str = "alice@example.com") -> list[bool]:
    """Whether each of so many wrong passwords, from a browser without cookies, was still looked at."""
    answers = [sign_in(Client(), password="wrong", email=email, address=address) for _ in range(times)]
    return [TOO_MANY not in answer.content.decode() for answer in answers]


def test_the_sixth_failure_on_an_account_from_an_address_is_not_looked_at(client: Client) -> None:
    assert fail(6) == [True] * 5 + [False]
    answer = sign_in(client, address=OTHER)
    assert TOO_MANY in answer.content.decode()
    assert answer.status_code == 422


def test_somebody_elsewhere_who_fails_does_not_keep_its_owner_out(client: Client) -> None:
    fail(6, address=OTHER)
    assert sign_in(client, address=HOME).status_code == 302


def test_after_five_minutes_it_is_looked_at_again(client: Client, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to("2026-11-21 12:00:00+00:00", tick=False)
    fail(6)
    time_machine.shift(301)
    assert sign_in(client, address=OTHER).status_code == 302


def test_one_address_that_tries_many_accounts_is_slowed_down(alice: User) -> None:
    looked_at = [fail(1, email=f"person{number}@example.com")[0] for number in range(31)]
    assert looked_at == [True] * 30 + [False]


def test_many_addresses_that_try_one_account_are_slowed_down_and_a_known_browser_still_comes_in(client: Client) -> None:
    assert sign_in(client).status_code == 302
    client.post("/accounts/logout/")
    looked_at = [fail(1, address=f"203.0.113.{number}")[0] for number in range(51)]
    assert looked_at == [True] * 50 + [False]
    assert TOO_MANY in sign_in(Client(), address=HOME).content.decode()
    assert sign_in(client, address=HOME).status_code == 302


def test_a_known_browser_comes_in_from_the_very_address_that_fails(client: Client) -> None:
    sign_in(client)
    client.post("/accounts/logout/")
    fail(40, address=HOME)
    assert sign_in(client, address=HOME).status_code == 302


def test_a_known_browser_that_fails_is_slowed_down_itself(client: Client) -> None:
    sign_in(client)
    client.post("/accounts/logout/")
    answers = [sign_in(client, password="wrong") for _ in range(6)]
    assert [TOO_MANY in answer.content.decode() for answer in answers] == [False] * 5 + [True]


def test_a_browser_is_known_for_its_own_accounts_only(client: Client, bob: User) -> None:
    equip_person(person=bob)
    sign_in(client, email="bob@example.com")
    client.post("/accounts/logout/")
    fail(6, address=HOME)
    assert TOO_MANY in sign_in(client, address=HOME).content.decode()


def test_a_cookie_of_somebody_s_own_making_is_worth_nothing(client: Client, settings: Settings) -> None:
    forged = Client()
    sign_in(client)
    forged.cookies[settings.DEVICE_COOKIE_NAME] = client.cookies[settings.DEVICE_COOKIE_NAME].value[:-1] + "x"
    fail(6, address=HOME)
    assert TOO_MANY in sign_in(forged, address=HOME).content.decode()


def test_the_cookie_names_nobody_and_no_script_reads_it(client: Client, settings: Settings) -> None:
    sign_in(client)
    cookie = client.cookies[settings.DEVICE_COOKIE_NAME]
    assert "alice" not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert known_devices.mark_of("Alice@Example.com") == known_devices.mark_of("alice@example.com ")


def test_failures_elsewhere_do_not_stop_somebody_who_is_in_from_confirming_who_they_are(
    client: Client, alice: User
) -> None:
    sign_in_at_once(client, alice, minutes_ago=60)
    fail(6, address=HOME)
    answer = client.post(
        "/accounts/reauthenticate/", {"password": PASSWORD, "next": "/settings/keys/"}, REMOTE_ADDR=HOME
    )
    assert (answer.status_code, answer["Location"]) == (302, "/settings/keys/")


def test_a_reset_by_mail_clears_the_way(client: Client, mailoutbox: Any) -> None:
    fail(6, address=HOME)
    client.post("/accounts/password/reset/", {"email": "alice@example.com"}, REMOTE_ADDR=HOME)
    link = next(line for line in mailoutbox[-1].body.splitlines() if "/password/reset/key/" in line)
    form_url = client.get(link.strip())["Location"]
    new = {"password1": "another battery staple", "password2": "another battery staple"}
    assert client.post(form_url, new, REMOTE_ADDR=HOME).status_code == 302
    assert sign_in(client, password="another battery staple").status_code == 302


def test_attempts_are_counted_in_the_database_for_every_process() -> None:
    fail(5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_attempt")
        assert cursor.fetchone()[0] == 3
