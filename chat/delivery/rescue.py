"""Finds what was left behind. It ends or resumes by the rules, and never repeats a POST."""

import structlog
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chat.delivery import queue
from chat.fail_points import fail_point
from chat.models import Reply
from chat.models.reply import State

log = structlog.get_logger(__name__)


async def rescue() -> None:
    """End what nobody can go on with. Requests whose worker is gone are taken over instead, by `steps.take_over`."""
    fail_point("rescuing")
    await sync_to_async(end_lost_sendings)()
    await sync_to_async(stop_unwanted)()
    await sync_to_async(stop_forgotten)()


@transaction.atomic
def end_lost_sendings() -> None:
    """Nobody can say whether a call went out whose worker is gone, so only a person may send it again.

    A row that is locked is left for the next round: its worker may have halted while it stored the answer, and nobody
    shall wait for that.
    """
    lost = Reply.objects.filter(state=State.SUBMITTING, lease_until__lt=timezone.now())
    for reply in lost.select_for_update(skip_locked=True):
        if reply.move(to=State.UNKNOWN, billed=Reply.Billed.UNKNOWN):
            log.warning("reply_unknown", reply=str(reply.pk))


@transaction.atomic
def stop_unwanted() -> None:
    """Queued for a message that is gone, or by someone who may not send any more: no worker takes it."""
    unwanted = Q(message=None) | Q(owner=None) | Q(owner__is_active=False)
    for reply in Reply.objects.filter(unwanted, state=State.QUEUED).select_for_update(of=("self",), skip_locked=True):
        reply.move(to=State.STOPPED)


@transaction.atomic
def stop_forgotten() -> None:
    """Its person was to say whether it goes although the answer above it did not come, and has not for a day.

    It keeps its text and can be tried again, but holds back no credits any more.
    """
    for reply in queue.held_too_long().select_for_update(of=("self",), skip_locked=True):
        reply.move(to=State.STOPPED)
