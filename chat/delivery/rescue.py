"""Finds what was left behind. It ends or resumes by the rules, and never repeats a POST."""

import structlog
from asgiref.sync import sync_to_async
from django.db.models import Q
from django.utils import timezone

from chat.models import Reply
from chat.models.reply import State

log = structlog.get_logger(__name__)


async def rescue() -> None:
    """End what nobody can go on with. Requests whose worker is gone are taken over instead, by `steps.take_over`."""
    await sync_to_async(end_lost_sendings)()
    await sync_to_async(stop_unwanted)()


def end_lost_sendings() -> None:
    """Nobody can say whether a call went out whose worker is gone, so only a person may send it again."""
    for reply in Reply.objects.filter(state=State.SUBMITTING, lease_until__lt=timezone.now()):
        if reply.move(to=State.UNKNOWN, billed=Reply.Billed.UNKNOWN):
            log.warning("reply_unknown", reply=str(reply.pk))


def stop_unwanted() -> None:
    """Queued for a message that is gone, or by someone who may not send any more: no worker takes it."""
    unwanted = Q(message=None) | Q(owner=None) | Q(owner__is_active=False)
    for reply in Reply.objects.filter(unwanted, state=State.QUEUED):
        reply.move(to=State.STOPPED)
