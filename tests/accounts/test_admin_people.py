"""People in the admin panel: role, disable, enable, end sessions; and what is not there."""

import pytest
from django.contrib import admin
from django.test import Client

from accounts.models import User
from chat.models import Conversation, Message
from tests.factories import PASSWORD, PersonFactory
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def administrator(client: Client) -> User:
    person: User = PersonFactory.create(name="Root", role="administrator")
    sign_in(client, person)
    return person


def act(client: Client, action: str, *people: User) -> str:
    fields = {"action": action, "_selected_action": [person.pk for person in people]}
    page: str = client.post(PEOPLE, fields, follow=True).content.decode()
    return page


def change(client: Client, person: User, role: str) -> str:
    answer = client.post(f"{PEOPLE}{person.pk}/change/", {"name": person.name, "role": role}, follow=True)
    page: str = answer.content.decode()
    person.refresh_from_db()
    return page


def test_a_person_can_be_found_and_given_a_name_and_a_role_and_nothing_else(
    client: Client, administrator: User, alice: User
) -> None:
    assert "alice@example.com" in client.get(f"{PEOPLE}?q=alice").content.decode()
    assert alice.password not in client.get(f"{PEOPLE}{alice.pk}/change/").content.decode()
    fields = {"name": "Alice B.", "role": "auditor", "email": "x@example.com", "is_active": "", "password": "x"}
    assert client.post(f"{PEOPLE}{alice.pk}/change/", fields).status_code == 302
    alice.refresh_from_db()
    assert (alice.name, alice.role, alice.email) == ("Alice B.", "auditor", "alice@example.com")
    assert alice.is_active
    assert alice.check_password(PASSWORD)


def test_the_last_administrator_is_not_demoted_and_the_form_says_why(client: Client, administrator: User) -> None:
    assert "This is the last administrator" in change(client, administrator, "member")
    assert administrator.role == "administrator"
    PersonFactory.create(role="administrator")
    change(client, administrator, "member")
    assert administrator.role == "member"


def test_disabling_and_enabling(client: Client, administrator: User, alice: User) -> None:
    theirs = Client()
    theirs.force_login(alice)
    page = act(client, "disable", alice, administrator)
    assert "Alice is disabled and signed out" in page
    assert "Root is the last administrator" in page
    assert theirs.get("/settings/").status_code == 302
    assert client.get(PEOPLE).status_code == 200
    act(client, "enable", alice)
    alice.refresh_from_db()
    assert alice.is_active


def test_ending_sessions(client: Client, administrator: User, alice: User) -> None:
    theirs = Client()
    theirs.force_login(alice)
    assert "Alice is signed out everywhere" in act(client, "end_sessions", alice)
    assert theirs.get("/settings/").status_code == 302


@pytest.mark.parametrize("address", ["add/", "{}/delete/", "{}/password/"])
def test_nobody_is_added_deleted_or_given_a_password_here(
    client: Client, administrator: User, alice: User, address: str
) -> None:
    assert client.post(f"{PEOPLE}{address.format(alice.pk)}", follow=True).status_code in (403, 404, 200)
    assert User.objects.count() == 2
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_other_peoples_conversations_are_not_in_the_panel(client: Client, administrator: User) -> None:
    assert not {Conversation, Message} & set(admin.site._registry)
    page = client.get("/admin/").content.decode()
    assert "conversation" not in page.lower().replace("conversations and models", "")


@pytest.mark.parametrize(
    "address", ["", "accounts/user/", "accounts/apikey/", "accounts/invitation/", "chat/languagemodel/"]
)
def test_an_auditor_gets_in_and_sees_neither_people_nor_keys(client: Client, alice: User, address: str) -> None:
    User.objects.update(role="auditor")
    client.force_login(alice)
    assert client.get(f"/admin/{address}").status_code == (403 if address else 200)


@pytest.mark.parametrize("address", ["account/emailaddress/", "auth/group/"])
def test_there_is_no_way_to_become_somebody_else(client: Client, administrator: User, address: str) -> None:
    """With a changed address one could have a new password sent to oneself."""
    assert client.get(f"/admin/{address}").status_code == 403
    assert address not in client.get("/admin/").content.decode()


def test_a_member_does_not_get_in(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/admin/accounts/user/", follow=True).status_code == 403
