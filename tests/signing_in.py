"""A client of Django's that is signed in as a person is who has just given their password."""

import time

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client

from accounts.models import User


def sign_in(client: Client, person: User, *, minutes_ago: float = 0) -> None:
    """Unlike `force_login`, it counts as having shown who one is."""
    client.force_login(person)
    session = client.session
    record_sign_in(session, person, minutes_ago=minutes_ago)
    session.save()


def record_sign_in(session: SessionBase, person: User, *, minutes_ago: float = 0) -> None:
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time() - 60 * minutes_ago}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(person.pk)
