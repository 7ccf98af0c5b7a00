"""Invitations in the admin panel: invite, list, send again, revoke."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Invitation, User
from tests.factories import PASSWORD, PersonFactory
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
INVITATIONS = "/admin/accounts/invitation/"


@pytest.fixture(autouse=True)
def administrator(client: Client) -> User:
    person: User = PersonFactory.create(name="Root", role="administrator")
    sign_in(client, person)
    return person


def invite(client: Client, email: str = "zoe@example.com", **fields: str) -> str:
    date = timezone.localdate() + timedelta(days=3)
    usual = {"email": email, "role": "member", "expires_at_0": f"{date}", "expires_at_1": "12:00:00"}
    page: str = client.post(f"{INVITATIONS}add/", {**usual, **fields}, follow=True).content.decode()
    return page


def act(client: Client, action: str) -> str:
    fields = {"action": action, "_selected_action": [row.pk for row in Invitation.objects.all()]}
    page: str = client.post(INVITATIONS, fields, follow=True).content.decode()
    return page


def link_in(page: str) -> str:
    found = re.search(r"readonly>http://testserver(/invitations/[\w-]{43}/)</textarea>", page)
    assert found
    return found[1]


def test_without_mail_the_link_is_shown_once_and_works(client: Client, administrator: User) -> None:
    link = link_in(invite(client, role="auditor", budget_limit="5"))
    assert "/invitations/" not in client.get(INVITATIONS).content.decode().replace("/invitation/", "")
    Client().post(link, {"name": "Zoe", "password": PASSWORD})
    zoe = User.objects.get(name="Zoe")
    assert zoe.role == "auditor"
    assert (zoe.invitation.invited_by, zoe.invitation.budget_limit) == (administrator, Decimal(5))
    assert mail.outbox == []


def test_with_mail_it_goes_out_and_nobody_sees_the_link(client: Client, settings: Settings) -> None:
    settings.MAIL_IS_SET_UP = True
    page = invite(client)
    assert "The link went to zoe@example.com." in page
    assert "/invitations/" not in page
    assert "http://testserver/invitations/" in mail.outbox[0].body


def test_the_list_and_a_single_one_say_how_it_stands(client: Client) -> None:
    invite(client)
    page = client.get(INVITATIONS).content.decode()
    assert "zoe@example.com" in page
    assert ">open<" in page
    page = client.get(f"{INVITATIONS}{Invitation.objects.get().pk}/change/").content.decode()
    assert "Root" in page
    assert Invitation.objects.get().token_hash not in page


def test_sending_again_gives_another_link(client: Client) -> None:
    first = link_in(invite(client))
    second = link_in(act(client, "resend"))
    assert [Client().get(link).status_code for link in (first, second)] == [404, 200]


def test_revoking_and_then_nothing_can_be_sent_again(client: Client) -> None:
    link = link_in(invite(client))
    assert "The invitation of zoe@example.com is revoked." in act(client, "revoke")
    assert Client().get(link).status_code == 404
    for action in ("resend", "revoke"):
        assert "oe@example.com has joined already, or the invitation was revoked." in act(client, action)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": "ROOT2@example.com"}, "There is an account with this email address already"),
        ({"expires_at_0": "2020-01-01"}, "This is in the past"),
        ({"role": "king"}, "is not one of the available choices"),
        ({"budget_limit": "-1"}, "A budget is at least 0"),
    ],
)
def test_a_mistake_is_explained_in_the_form(client: Client, fields: dict[str, str], sentence: str) -> None:
    PersonFactory.create(email="root2@example.com")
    assert sentence in invite(client, **fields)
    assert not Invitation.objects.exists()


def test_invitations_are_for_administrators(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(role="auditor")
    client = Client()
    sign_in(client, alice)
    assert client.post(f"{INVITATIONS}add/", {}).status_code == 403
    assert client.post(INVITATIONS, {"action": "resend"}).status_code == 403
