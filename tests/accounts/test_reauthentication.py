import pytest
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import ApiKey, User
from tests.accounts.conftest import FakeSegmind
from tests.factories import PASSWORD, ApiKeyFactory, key_value
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

CONFIRM = "/accounts/reauthenticate/?next=%2Fsettings%2Fkeys%2F"


def test_the_form_for_a_key_is_shown_only_to_who_has_lately_shown_who_they_are(client: Client, alice: User) -> None:
    sign_in(client, alice, minutes_ago=16)
    answer = client.get("/settings/keys/")
    assert (answer.status_code, answer["Location"]) == (302, CONFIRM)
    sign_in(client, alice, minutes_ago=14)
    assert client.get("/settings/keys/").status_code == 200


def test_confirming_leads_back_and_counts(client: Client, alice: User) -> None:
    sign_in(client, alice, minutes_ago=16)
    wrong = client.post("/accounts/reauthenticate/", {"password": "wrong", "next": "/settings/keys/"})
    assert "Incorrect password." in wrong.content.decode()
    assert client.get("/settings/keys/").status_code == 302
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/settings/keys/"})
    assert answer["Location"] == "/settings/keys/"
    assert client.get("/settings/keys/").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/keys/"}])
def test_a_key_that_comes_too_late_is_neither_added_nor_kept_anywhere(
    client: Client, alice: User, segmind: FakeSegmind, headers: dict[str, str]
) -> None:
    sign_in(client, alice, minutes_ago=16)
    value = key_value().reveal()
    headers = headers or {"Referer": "http://testserver/settings/keys/"}
    answer = client.post("/settings/keys/", {"label": "Mine", "value": value}, headers=headers)
    assert answer.headers.get("HX-Redirect", answer.headers.get("Location")) == CONFIRM
    assert not ApiKey.objects.exists()
    assert segmind.requests == []
    assert value not in str([session.get_decoded() for session in Session.objects.all()])
    assert "Confirm that it is you, then do it again" in client.get(CONFIRM).content.decode()


def test_removing_a_key_asks_and_checking_one_does_not(client: Client, alice: User, segmind: FakeSegmind) -> None:
    key = ApiKeyFactory.create(owner=alice)
    sign_in(client, alice, minutes_ago=16)
    assert "/reauthenticate/" in client.post(f"/settings/keys/{key.pk}/removal/")["Location"]
    assert ApiKey.objects.filter(pk=key.pk).exists()
    assert client.post(f"/settings/keys/{key.pk}/checks/")["Location"] == "/settings/keys/"


@pytest.mark.parametrize("path", ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"])
def test_second_factors_are_changed_only_by_who_has_lately_shown_who_they_are(
    client: Client, alice: User, path: str
) -> None:
    sign_in(client, alice, minutes_ago=16)
    assert "/reauthenticate/" in client.get(path)["Location"]
    sign_in(client, alice)
    assert client.get(path).status_code == 200


def test_a_new_address_is_kept_while_one_confirms_who_one_is(
    client: Client, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    sign_in(client, alice, minutes_ago=16)
    answer = client.post("/accounts/email/", {"action_add": "", "email": "new@example.com"})
    assert "/reauthenticate/" in answer["Location"]
    assert mailoutbox == []
    client.post(answer["Location"], {"password": PASSWORD, "next": "/accounts/email/"})
    assert [message.to for message in mailoutbox] == [["new@example.com"]]


@pytest.mark.parametrize("path", ["/admin/accounts/invitation/add/", "/admin/accounts/user/{pk}/change/"])
def test_roles_are_changed_only_by_who_has_lately_shown_who_they_are(client: Client, alice: User, path: str) -> None:
    User.objects.filter(pk=alice.pk).update(role="administrator")
    sign_in(client, alice, minutes_ago=16)
    path = path.format(pk=alice.pk)
    assert "/reauthenticate/" in client.get(path)["Location"]
    fields = {"email": "eve@example.com", "name": "Eve", "password1": PASSWORD, "password2": PASSWORD}
    assert "/reauthenticate/" in client.post(path, fields)["Location"]
    assert list(User.objects.values_list("email", flat=True)) == ["alice@example.com"]
    assert PASSWORD not in str([session.get_decoded() for session in Session.objects.all()])
    sign_in(client, alice)
    assert client.get(path).status_code == 200
