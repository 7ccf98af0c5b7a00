"""The page behind an invitation's link."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.services.invitations import Sent, invite, revoke
from tests.factories import PASSWORD, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(db: None) -> Sent:
    ada = PersonFactory.create(name="Ada", role="administrator")
    return invite(email="zoe@example.com", role="member", invited_by=ada, site_url="http://testserver/")


def test_name_and_password_and_one_is_signed_in(client: Client, sent: Sent) -> None:
    page = client.get(sent.link)
    assert page.status_code == 200
    assert 'value="zoe@example.com"' in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    answer = client.post(sent.link, {"name": "Zoe", "email": "other@example.com", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    zoe = User.objects.get(name="Zoe")
    assert zoe.email == "zoe@example.com"
    assert client.get("/settings/").wsgi_request.user == zoe


def test_a_bad_password_is_explained_and_the_name_is_kept(client: Client, sent: Sent) -> None:
    answer = client.post(sent.link, {"name": "Zoe", "password": "short"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "at least 15 characters" in page
    assert 'value="Zoe"' in page
    assert not User.objects.filter(name="Zoe").exists()


def test_used_revoked_and_invented_links_answer_alike(client: Client, sent: Sent) -> None:
    revoke(invitation=sent.invitation)
    answers = [client.get(link) for link in (sent.link, "/invitations/invented/")]
    answers.append(client.post(sent.link, {"name": "Zoe", "password": PASSWORD}))
    assert [answer.status_code for answer in answers] == [404] * 3
    assert {"This invitation is over" in answer.content.decode() for answer in answers} == {True}


def test_who_is_signed_in_already_does_not_use_it_up(client: Client, sent: Sent, alice: User) -> None:
    client.force_login(alice)
    assert client.post(sent.link, {"name": "Zoe", "password": PASSWORD})["Location"] == "/"
    client.logout()
    assert client.get(sent.link).status_code == 200


def test_who_has_come_by_an_account_meanwhile_is_sent_to_sign_in(client: Client, sent: Sent) -> None:
    PersonFactory.create(email="zoe@example.com")
    answer = client.post(sent.link, {"name": "Zoe", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain == [("/accounts/login/", 302)]
    assert "You have an account already" in answer.content.decode()
