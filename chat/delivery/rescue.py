"""Finds what was left behind: dead leases, lost jobs. It ends or resumes by the rules, and never repeats a POST."""

from datetime import timedelta
from uuid import UUID

import structlog
from asgiref.sync import sync_to_async
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Status

from chat import tasks
from chat.models import Reply
from chat.models.reply import State

log = structlog.get_logger(__name__)

# Long enough for a job that is merely waiting in the queue, short against the minute that people will wait.
FORGOTTEN_AFTER = timedelta(seconds=30)
WORKER_UNHEARD_OF_SECONDS = 45


async def rescue() -> None:
    """Bring every reply whose worker is gone to an end, or back to a worker."""
    await forget_dead_jobs()
    await sync_to_async(end_lost_sendings)()
    for reply_id in await sync_to_async(left_behind)():
        log.warning("reply_resumed", reply=str(reply_id))
        await tasks.deliver_reply.defer_async(reply_id=str(reply_id))


async def forget_dead_jobs() -> None:
    """Drop the jobs of workers that are gone: to run one again blindly could bill twice, so the reply decides."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=WORKER_UNHEARD_OF_SECONDS):
        await app.job_manager.finish_job(job=job, status=Status.FAILED, delete_job=True)


def end_lost_sendings() -> None:
    """Nobody can say whether a call went out whose worker is gone, so only a person may send it again."""
    for reply in Reply.objects.filter(state=State.SUBMITTING, lease_until__lt=timezone.now()):
        if reply.move(to=State.UNKNOWN, billed=Reply.Billed.UNKNOWN):
            log.warning("reply_unknown", reply=str(reply.pk))


def left_behind() -> list[UUID]:
    """Replies that should be on their way but have no job: requests to follow, and queued ones that are due."""
    now = timezone.now()
    to_follow = Q(state=State.PROCESSING) | Q(state=State.STOPPED, billed=Reply.Billed.UNKNOWN) & ~Q(request_id="")
    due = Q(not_before=None) | Q(not_before__lt=now)
    queued = Q(state=State.QUEUED, created_at__lt=now - FORGOTTEN_AFTER) & due
    candidates = Reply.objects.filter(to_follow & Q(lease_until__lt=now) | queued).values_list("pk", flat=True)
    jobs = ProcrastinateJob.objects.filter(task_name=tasks.deliver_reply.name, status__in=["todo", "doing"])
    have_a_job = set(jobs.values_list("args__reply_id", flat=True))
    return [reply_id for reply_id in candidates if str(reply_id) not in have_a_job]
