"""The first administrator, made once."""

from django.db import transaction

from accounts.models import User
from accounts.services.audit import Action, record
from accounts.services.locks import Lock, hold
from accounts.services.people import create_person


class AlreadySetUp(Exception):
    """There is an account already."""


def is_set_up() -> bool:
    return User.objects.exists()


@transaction.atomic
def create_first_administrator(*, name: str, email: str, password: str) -> User:
    """Of two at the same moment one becomes administrator, and for the other this raises AlreadySetUp."""
    hold(Lock.SETUP)
    if is_set_up():
        raise AlreadySetUp
    administrator = create_person(name=name, email=email, password=password, role=User.Role.ADMINISTRATOR)
    record(Action.SITE_SET_UP, actor=administrator, subject=administrator)
    return administrator
