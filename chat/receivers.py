"""What chat does when accounts announce something about a person."""

from functools import partial
from typing import Any

from django.db import connection, transaction
from django.dispatch import receiver

from accounts.models import ApiKey, Invitation, User
from accounts.signals import key_revoked, person_disabled, person_joined, person_leaving, sessions_ended
from chat.live import CHANNEL
from chat.models import Share
from chat.models.reply import RUNNING
from chat.services import shares
from chat.services.budgets import welcome
from chat.services.conversations import delete_all_of
from chat.services.revoked_keys import fail_what_waits

# Without a state behind the id, so that nobody takes it for a step of the reply.
WAKE = """
    SELECT pg_notify(%(channel)s, id || ' ') FROM chat_reply
    WHERE owner_id = %(owner)s AND state = ANY(%(running)s)
"""


@receiver(person_joined, dispatch_uid="set_budget")
def set_budget(invitation: Invitation, person: User, **kwargs: Any) -> None:
    """Those for newcomers, and the one that the invitation came with."""
    welcome(person=person, limit=invitation.budget_limit)


@receiver(person_leaving, dispatch_uid="delete_conversations")
def delete_conversations(person: User, **kwargs: Any) -> None:
    delete_all_of(owner=person)


@receiver(person_disabled, dispatch_uid="revoke_shares")
def revoke_shares(person: User, **kwargs: Any) -> None:
    """For good: enabling an account must not open to others what its person has forgotten meanwhile."""
    shares.revoke_all(Share.objects.visible_to(person))


@receiver(sessions_ended, dispatch_uid="wake_waiting_pages")
def wake_waiting_pages(person: User, **kwargs: Any) -> None:
    """Their waiting requests look again, at the reply and at who asks."""
    with connection.cursor() as cursor:
        cursor.execute(WAKE, {"channel": CHANNEL, "owner": person.pk, "running": [str(state) for state in RUNNING]})


@receiver(key_revoked, dispatch_uid="fail_what_waits_for_the_key")
def fail_what_waits_for_the_key(key: ApiKey, **kwargs: Any) -> None:
    transaction.on_commit(partial(fail_what_waits, key_id=key.pk))
