"""Verbs that make accounts."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import User
from accounts.services.api_keys import give_sandbox_key


@transaction.atomic
def create_person(*, name: str, email: str, password: str, is_staff: bool = False, is_superuser: bool = False) -> User:
    """An account with all that belongs to it, or nothing. Raises IntegrityError if the email address is taken."""
    person = User.objects.create_user(email, password, name=name, is_staff=is_staff, is_superuser=is_superuser)
    equip_person(person=person)
    return person


@transaction.atomic
def equip_person(*, person: User) -> None:
    """Give a new account what belongs to it: its address for allauth, and a key that works in the sandbox.

    The address counts as confirmed: whoever may make accounts has vouched for it. To allauth an address that is not is
    a wish, which the next wish for another one deletes.
    """
    EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True)
    give_sandbox_key(person)
