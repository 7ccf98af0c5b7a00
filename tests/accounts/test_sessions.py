"""Who is signed in: read with the session, and believed only as far as the session itself says so."""

from importlib import import_module

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from accounts.sessions import SessionStore, signed_in


@pytest.fixture
def request_of(client, alice):
    """A new request of alice's browser."""
    client.force_login(alice)

    def request():
        request = RequestFactory().get("/")
        request.session = SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)
        return request

    return request


def note(session_key: str, person: User) -> None:
    """As allauth does when somebody signs in."""
    UserSession.objects.update_or_create(session_key=session_key, defaults={"user": person, "ip": "127.0.0.1"})


def test_the_session_and_its_person_are_one_query(request_of, alice, django_assert_num_queries):
    note(request_of().session.session_key, alice)
    with django_assert_num_queries(1):
        found = signed_in(request_of())
    assert found == alice
    assert {field.attname: getattr(found, field.attname) for field in User._meta.concrete_fields} == {
        field.attname: getattr(User.objects.get(pk=alice.pk), field.attname) for field in User._meta.concrete_fields
    }


def test_who_was_noted_is_not_who_is_signed_in(request_of, alice, bob):
    note(request_of().session.session_key, bob)
    assert signed_in(request_of()) == alice


def test_a_session_that_nobody_was_noted_for_is_as_good(request_of, alice):
    UserSession.objects.all().delete()
    assert signed_in(request_of()) == alice


@pytest.mark.parametrize(
    "change",
    [
        lambda person, session: User.objects.filter(pk=person.pk).update(is_active=False),
        lambda person, session: User.objects.filter(pk=person.pk).update(password="another"),
        lambda person, session: Session.objects.update(expire_date=timezone.now()),
        lambda person, session: Session.objects.all().delete(),
        lambda person, session: Session.objects.update(session_data=session.encode({})),
    ],
    ids=["disabled", "password changed", "expired", "ended", "signed out"],
)
def test_signed_out_from_the_next_request_on(request_of, alice, change):
    session = request_of().session
    note(session.session_key, alice)
    assert signed_in(request_of()) == alice
    change(alice, session)
    assert not signed_in(request_of()).is_authenticated


def test_all_of_django_uses_them():
    assert import_module(settings.SESSION_ENGINE).SessionStore is SessionStore
