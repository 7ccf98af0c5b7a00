"""One reply, from queued to its end. It awaits the network with no transaction and no connection held."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from django.utils import timezone

from chat.delivery import steps
from chat.delivery.client import segmind_client
from chat.delivery.leases import leases
from chat.delivery.steps import Assignment, NotYet
from chat.models.reply import State
from chat.segmind import Completion, NotAccepted, OutcomeUnknown, SegmindError

log = structlog.get_logger(__name__)
pause = asyncio.sleep  # the tests turn the clock here instead of waiting

FIRST_POLL_SECONDS = 0.4
LONGEST_POLL_SECONDS = 3.0
POLL_GROWTH = 1.3
# Segmind keeps a result for 1 hour after submission.
FOLLOW_FOR = timedelta(minutes=50)
SENDINGS_WHEN_UNREACHABLE = 5
SECONDS_BETWEEN_STORING = (0.5, 1, 2, 4, 8, 15, 15, 15)
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 90.0


async def deliver(reply_id: UUID) -> None:
    """Take a reply to its end, or as far as this worker can. May run twice: the claim goes to one."""
    while True:
        work = await sync_to_async(steps.claim)(reply_id)
        if work is None:
            return
        if isinstance(work, NotYet):
            await pause(work.seconds)
            continue
        with leases.holding(work):
            to_be_sent_again = await carry_out(work)
        if not to_be_sent_again:
            return


async def carry_out(work: Assignment) -> bool:
    """Send or follow, and store what comes of it. True when it is queued again: certainly not billed."""
    try:
        completion = await obtain(work)
    except NotAccepted as error:
        return await not_accepted(work, error)
    except OutcomeUnknown as error:
        await store(steps.fail, work, error, to=State.UNKNOWN)
    except SegmindError as error:
        if error.may_retry_once and work.tries == 0:
            return await store(steps.hand_back, work, error, seconds=1)
        if error.kind == "credits":
            await learn_balance(work, error)
        await store(steps.fail, work, error)
    except asyncio.CancelledError:
        await asyncio.shield(interrupted(work))
        raise
    else:
        await store(steps.complete, work, completion)
    return False


async def learn_balance(work: Assignment, error: SegmindError) -> None:
    """Segmind: a 406 doesn't carry the balance in a header, and asking for it is free."""
    try:
        error.remaining_credits = (await segmind_client().balance(work.key)).total
    except SegmindError as unanswered:
        log.info("balance_not_learnt", reply=str(work.reply_id), kind=unanswered.kind)


async def obtain(work: Assignment) -> Completion:
    """The answer: by one v1 call, or by v2, submitted once and then asked for."""
    client = segmind_client()
    if work.request_id:
        return await follow(work, work.request_id)
    if work.version == "v1":
        return await client.complete(key=work.key, request=work.request)
    submission = await client.submit(key=work.key, request=work.request)
    await store(steps.note_request, work, submission.request_id)
    return await follow(work, submission.request_id)


async def follow(work: Assignment, request_id: str) -> Completion:
    """Ask until the answer is there. Asking is free, so a fault on the way is no reason to stop."""
    client, seconds = segmind_client(), FIRST_POLL_SECONDS
    while timezone.now() < work.submit_started_at + FOLLOW_FOR:
        await pause(seconds)
        seconds = min(seconds * POLL_GROWTH, LONGEST_POLL_SECONDS)
        try:
            progress = await client.progress(key=work.key, request_id=request_id)
            if progress.state == "completed":
                return await client.result(key=work.key, request_id=request_id)
        except NotAccepted as error:
            log.info("poll_failed", reply=str(work.reply_id), kind=error.kind)
    raise OutcomeUnknown(kind="upstream")


async def not_accepted(work: Assignment, error: NotAccepted) -> bool:
    """A 429 waits for its reset, unseen as an error; a Segmind that can't be reached is tried a few times."""
    if error.status != 429 and work.tries + 1 >= SENDINGS_WHEN_UNREACHABLE:
        await store(steps.fail, work, error)
        return False
    return await store(steps.hand_back, work, error, seconds=seconds_to_wait(work, error))


def seconds_to_wait(work: Assignment, error: NotAccepted) -> float:
    """Seconds until the next sending, spread a little so that those who wait together don't all go at once."""
    asked = (error.retry_at - timezone.now()).total_seconds() if error.retry_at else 2.0**work.tries
    return min(max(asked, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS) + random.uniform(0, 0.5)  # noqa: S311


async def store[Result](write: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Run one step, and insist: an answer that was paid for outlasts a database that restarts.

    Raises DatabaseError after about a minute.
    """
    for seconds in SECONDS_BETWEEN_STORING:
        try:
            return await sync_to_async(write)(*args, **kwargs)
        except DatabaseError:
            log.warning("step_not_stored", step=write.__name__, again_in_seconds=seconds)
            await sync_to_async(connection.close)()
            await pause(seconds)
    return await sync_to_async(write)(*args, **kwargs)


async def interrupted(work: Assignment) -> None:
    """The worker must go: what Segmind is working on is left to the next one; a lost call is unknown, and said so."""
    if not await store(steps.let_go, work):
        await store(steps.fail, work, OutcomeUnknown(kind="upstream"), to=State.UNKNOWN)
