"""One reply, from queued to its end. It awaits the network with no transaction and no connection held."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from chat.delivery import circuit, queue, steps
from chat.delivery.client import segmind_client
from chat.delivery.leases import leases
from chat.delivery.steps import Assignment
from chat.fail_points import fail_point
from chat.models.reply import FOLLOW_FOR, State
from chat.segmind import Completion, NotAccepted, OutcomeUnknown, SegmindError

log = structlog.get_logger(__name__)
pause = asyncio.sleep  # the tests turn the clock here instead of waiting

FIRST_POLL_SECONDS = 0.4
LONGEST_POLL_SECONDS = 3.0
POLL_GROWTH = 1.3
TRY_TO_REACH_FOR = timedelta(minutes=15)
SECONDS_BETWEEN_STORING = (0.5, 1, 2, 4, 8, 15, 15, 15)
SHORTEST_WAIT_SECONDS, USUAL_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 5.0, 90.0


class WorkerLeaves(Exception):
    """This worker was told to go; Segmind goes on working, and the next worker goes on asking."""


async def carry_out(work: Assignment, *, leaving: asyncio.Event) -> None:
    """Send or follow a reply, and store what comes of it."""
    with leases.holding(work):
        try:
            completion = await obtain(work, leaving)
        except NotAccepted as error:
            await not_accepted(work, error)
            return
        except OutcomeUnknown as error:
            await store(steps.fail, work, error, to=State.UNKNOWN)
        except SegmindError as error:
            await refused(work, error)
        except WorkerLeaves:
            await store(steps.let_go, work)
        except asyncio.CancelledError:
            await asyncio.shield(interrupted(work))
            raise
        else:
            await store(steps.complete, work, completion)
        await answered(work)


async def answered(work: Assignment) -> None:
    """The host is there, whatever it said: those who wait for it are let go."""
    if work.is_in_trouble:
        await store(circuit.note_answer)


async def refused(work: Assignment, error: SegmindError) -> None:
    """Segmind, or a machine in between, gave no answer that can be used."""
    if error.may_retry_once and work.tries == 0:
        await store(steps.hand_back, work, error, seconds=1)
        return
    if error.kind == "credits":
        await learn_balance(work, error)
    await store(steps.fail, work, error)


async def learn_balance(work: Assignment, error: SegmindError) -> None:
    """Segmind: a 406 doesn't carry the balance in a header, and asking for it is free."""
    try:
        error.remaining_credits = (await segmind_client().balance(work.key)).total
    except SegmindError as unanswered:
        log.info("balance_not_learnt", reply=str(work.reply_id), kind=unanswered.kind)


async def obtain(work: Assignment, leaving: asyncio.Event) -> Completion:
    """The answer: by one v1 call, or by v2, submitted once and then asked for."""
    client = segmind_client()
    if work.request_id:
        return await follow(work, work.request_id, leaving)
    fail_point("claimed")
    if timezone.now() > work.submit_started_at + queue.LEASE:
        raise WorkerLeaves  # it was away: the reply is `unknown` by now, and the person may have asked again
    if work.version == "v1":
        completion = await client.complete(key=work.key, request=work.request)
        fail_point("answered")
        return completion
    submission = await client.submit(key=work.key, request=work.request)
    fail_point("accepted")
    await store(steps.note_request, work, submission.request_id)
    fail_point("noted")
    return await follow(work, submission.request_id, leaving)


async def follow(work: Assignment, request_id: str, leaving: asyncio.Event) -> Completion:
    """Ask until the answer is there. Asking is free, so a fault on the way doesn't end it. Raises WorkerLeaves."""
    client, seconds = segmind_client(), FIRST_POLL_SECONDS
    while timezone.now() < work.submit_started_at + FOLLOW_FOR:
        await pause(seconds)
        fail_point("polling")
        if leaving.is_set():
            raise WorkerLeaves
        seconds = min(seconds * POLL_GROWTH, LONGEST_POLL_SECONDS)
        try:
            progress = await client.progress(key=work.key, request_id=request_id)
            if progress.state == "completed":
                return await client.result(key=work.key, request_id=request_id)
        except NotAccepted as error:
            log.info("poll_failed", reply=str(work.reply_id), kind=error.kind)
    raise OutcomeUnknown(kind="upstream")


async def not_accepted(work: Assignment, error: NotAccepted) -> None:
    """Certainly not billed. A 429 waits for its reset; a Segmind that can't be reached is tried for a while."""
    if error.status == 429:
        await store(steps.hold_back, work, error, until=reset_of(error))
        await answered(work)
        return
    await store(circuit.note_failure)
    if timezone.now() > work.queued_at + TRY_TO_REACH_FOR:
        await store(steps.fail, work, error)
    else:
        await store(steps.hand_back, work, error, seconds=min(2.0**work.tries, LONGEST_WAIT_SECONDS))


def reset_of(error: NotAccepted) -> datetime:
    """When the key may send again: as Segmind says, if that is at all likely, and a moment later."""
    now = timezone.now()
    seconds = (error.retry_at - now).total_seconds() if error.retry_at else USUAL_WAIT_SECONDS
    seconds = min(max(seconds, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
    return now + timedelta(seconds=seconds + random.uniform(0, 0.5))  # noqa: S311


async def store[Result](write: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Run one step, and insist: an answer that was paid for outlasts a database that restarts.

    Raises DatabaseError after about a minute.
    """
    for seconds in SECONDS_BETWEEN_STORING:
        try:
            return await sync_to_async(write)(*args, **kwargs)
        except DatabaseError:
            log.warning("step_not_stored", step=write.__name__, again_in_seconds=seconds)
            await sync_to_async(close_old_connections)()
            await pause(seconds)
    return await sync_to_async(write)(*args, **kwargs)


async def interrupted(work: Assignment) -> None:
    """The worker must go: what Segmind is working on is left to the next one; a lost call is unknown, and said so."""
    if not await store(steps.let_go, work):
        await store(steps.fail, work, OutcomeUnknown(kind="upstream"), to=State.UNKNOWN)
