"""An administrator settles or releases a reply whose cost nobody knows; the ledger's triggers do the rest."""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services.audit import Action, record
from chat.models import Reply, ReplyClosing

# Segmind keeps a result for an hour: until then the truth may still come in by itself.
CLOSED_AFTER = timedelta(hours=1)


class TooEarly(Exception):
    """Its answer, and with it the cost, may still turn up."""


class NothingToClose(Exception):
    """Its cost is known, or somebody has closed it already."""


@transaction.atomic
def close(*, reply: Reply, cost: Decimal | None, reason: str, by: User) -> None:
    """Settle it at `cost` credits, or release its reservation if that is None. Raises TooEarly and NothingToClose."""
    reply = Reply.objects.select_for_update(of=("self",)).get(pk=reply.pk)
    if not reply.is_of_unknown_cost or reply.entries.exclude(kind="reserve").exists():
        raise NothingToClose
    if not can_be_closed(reply):
        raise TooEarly
    ReplyClosing.objects.create(reply=reply, cost=cost, reason=reason, by=by)
    billed = Reply.Billed.NO if cost is None else Reply.Billed.YES
    Reply.objects.filter(pk=reply.pk).update(billed=billed, cost=cost)
    record(Action.REPLY_CLOSED, actor=by, subject=reply.owner, thing=reply, after={"billed": str(billed), "cost": cost})


def can_be_closed(reply: Reply) -> bool:
    return reply.submit_started_at is None or reply.submit_started_at < timezone.now() - CLOSED_AFTER
