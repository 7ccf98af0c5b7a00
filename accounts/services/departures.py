"""The end of an account: asked for, thought better of, carried out when it is due."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import Picture, User
from accounts.services.audit import Action, record
from accounts.services.people import end_sessions, keep_an_administrator_besides
from accounts.signals import person_leaving

log = structlog.get_logger(__name__)


@transaction.atomic
def leave(*, person: User, session_key: str | None = None) -> None:
    """Let the account end after the days of grace. All sessions end but `session_key`, from which it was asked.

    Raises LastAdministrator, and changes nothing, if nobody else could administer the site.
    """
    keep_an_administrator_besides(person)
    person.deletion_due_at = timezone.now() + timedelta(days=settings.ACCOUNT_DELETION_DAYS)
    person.save(update_fields=["deletion_due_at"])
    end_sessions(person=person, except_for=session_key)
    record(Action.PERSON_DELETION_ASKED, subject=person, after={"due": person.deletion_due_at})


@transaction.atomic
def stay(*, person: User) -> bool:
    """Keep the account after all. False if nobody had asked for its end, or it has just come."""
    kept = bool(User.objects.filter(pk=person.pk).exclude(deletion_due_at=None).update(deletion_due_at=None))
    person.deletion_due_at = None
    if kept:
        record(Action.PERSON_DELETION_UNDONE, actor=person, subject=person)
    return kept


def delete_due_accounts() -> int:
    """Delete every account whose days of grace are over, each in a transaction of its own. Returns how many."""
    due = User.objects.filter(deletion_due_at__lte=timezone.now()).order_by("deletion_due_at")
    return sum(delete_if_possible(person_id) for person_id in list(due.values_list("pk", flat=True)))


def delete_if_possible(person_id: int) -> bool:
    """One account that resists must not keep the others."""
    try:
        return delete_account(person_id)
    except DatabaseError:
        log.exception("account_not_deleted", person=person_id)
        return False


@transaction.atomic
def delete_account(person_id: int) -> bool:
    """Delete a person and all that is theirs. False if they have decided to stay in the meantime.

    What was asked and billed stays in the ledger, without a name.
    """
    due = User.objects.filter(pk=person_id, deletion_due_at__lte=timezone.now())
    person = due.select_for_update().first()
    if person is None:
        return False
    end_sessions(person=person)
    person_leaving.send(sender=User, person=person)
    record(Action.PERSON_DELETED, subject=person)
    person.delete()
    if person.picture_id:
        Picture.objects.filter(pk=person.picture_id).delete()
    log.info("account_deleted", person=person_id)
    return True
