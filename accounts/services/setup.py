"""The first administrator, made once."""

from django.db import connection, transaction

from accounts.models import User
from accounts.services.audit import Action, record
from accounts.services.people import create_person

# Any number that nothing else of this project locks.
SETUP_LOCK = 720_001


class AlreadySetUp(Exception):
    """There is an account already."""


def is_set_up() -> bool:
    return User.objects.exists()


@transaction.atomic
def create_first_administrator(*, name: str, email: str, password: str) -> User:
    """Of two at the same moment one becomes administrator, and for the other this raises AlreadySetUp."""
    with connection.cursor() as cursor:
        # Held to the end of the transaction: there is no row yet that could be locked.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SETUP_LOCK])
    if is_set_up():
        raise AlreadySetUp
    administrator = create_person(name=name, email=email, password=password, is_staff=True, is_superuser=True)
    record(Action.SITE_SET_UP, actor=administrator, subject=administrator)
    return administrator
