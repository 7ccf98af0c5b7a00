"""Verbs on accounts: made, given a role, disabled and enabled."""

from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services.api_keys import give_sandbox_key
from accounts.services.audit import Action, record
from accounts.signals import person_disabled, sessions_ended


class LastAdministrator(Exception):
    """Without this person nobody could administer the site."""


@transaction.atomic
def create_person(*, name: str, email: str, password: str, role: str = User.Role.MEMBER) -> User:
    """An account with all that belongs to it, or nothing. Raises IntegrityError if the email address is taken."""
    person = User.objects.create_user(email, password, name=name, role=role)
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


@transaction.atomic
def change_role(*, person: User, role: str) -> None:
    """Raises LastAdministrator, and changes nothing, if nobody else could administer the site."""
    if role != User.Role.ADMINISTRATOR:
        keep_an_administrator_besides(person)
    before, person.role = User.objects.get(pk=person.pk).role, role
    person.save(update_fields=["role"])
    record(Action.ROLE_CHANGED, subject=person, before={"role": before}, after={"role": role})


@transaction.atomic
def disable_person(*, person: User) -> None:
    """Keep somebody out, from now on: no session, no waiting page, and nothing of theirs that waits is sent.

    Raises LastAdministrator, and changes nothing, if nobody else could administer the site.
    """
    keep_an_administrator_besides(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    end_sessions(person=person)
    person_disabled.send(sender=User, person=person)
    record(Action.PERSON_DISABLED, subject=person)


@transaction.atomic
def enable_person(*, person: User) -> None:
    """Let somebody sign in again."""
    person.is_active = True
    person.save(update_fields=["is_active"])
    record(Action.PERSON_ENABLED, subject=person)


@transaction.atomic
def sign_out_everywhere(*, person: User) -> None:
    """What an administrator does to another's sessions."""
    end_sessions(person=person)
    record(Action.SESSION_ENDED, subject=person)


@transaction.atomic
def end_sessions(*, person: User, except_for: str | None = None) -> None:
    """End all sessions of a person at once; `except_for` is the key of one that stays. The caller records it."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=except_for)
    theirs = [row.pk for row in live.iterator() if row.get_decoded().get(SESSION_KEY) == str(person.pk)]
    Session.objects.filter(pk__in=theirs).delete()
    sessions_ended.send(sender=User, person=person)


def keep_an_administrator_besides(person: User) -> None:
    """Whoever takes an administrator away asks this first, in the same transaction. Raises LastAdministrator.

    It locks the administrators' rows: of two who demote each other the second waits, and then finds itself alone.
    """
    administrators = User.objects.administrators().select_for_update(no_key=True).order_by("pk")
    ids = set(administrators.values_list("pk", flat=True))
    if ids == {person.pk}:
        raise LastAdministrator
