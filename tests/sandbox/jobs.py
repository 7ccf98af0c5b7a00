"""v2 requests: from QUEUED to COMPLETED or FAILED, kept for an hour after submission."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import uuid4

from tests.sandbox.faults import Faults, amount
from tests.sandbox.ledger import Account, Row
from tests.sandbox.questions import Question

RESULT_KEPT_SECONDS = 3600.0
JOBS_KEPT = 20_000
QUEUE_SHARE = 0.1


@dataclass(slots=True)
class Call:
    """An accepted call: who asked what, by which row of the ledger, and what shall go wrong."""

    account: Account
    row: Row
    question: Question
    faults: Faults
    work_seconds: float
    request_id: str = field(default_factory=lambda: str(uuid4()))
    began_at: float = field(default_factory=time.monotonic)

    @property
    def queue_seconds(self) -> float:
        return amount(self.faults, "queue", self.work_seconds * QUEUE_SHARE)


@dataclass(slots=True)
class Job:
    call: Call
    ended_at: float | None = None
    failure: str = ""

    @property
    def state(self) -> str:
        if self.ended_at is not None:
            return "FAILED" if self.failure else "COMPLETED"
        waited = time.monotonic() - self.call.began_at
        return "QUEUED" if waited < self.call.queue_seconds else "PROCESSING"

    @property
    def is_gone(self) -> bool:
        """Segmind: results are kept for 1 hour after submission; then, and on request, the id is a 404."""
        if self.state == "COMPLETED" and "expired" in self.call.faults:
            return True
        return time.monotonic() - self.call.began_at > RESULT_KEPT_SECONDS


@dataclass(slots=True)
class Jobs:
    """The newest JOBS_KEPT requests by id, and the tasks that work on them."""

    by_id: dict[str, Job] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, call: Call, work: Callable[[Job], Awaitable[None]], *, in_background: bool) -> None:
        """Let `work` end the job: at once, or in a task of its own."""
        job = self.by_id[call.request_id] = Job(call)
        if len(self.by_id) > JOBS_KEPT:
            self.by_id.pop(next(iter(self.by_id)))
        if not in_background:
            await work(job)
            return
        task = asyncio.ensure_future(work(job))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def find(self, request_id: str, key: str) -> Job | None:
        """The job of this id if it belongs to the key and is not gone."""
        job = self.by_id.get(request_id)
        if job is None or job.call.account.key != key or job.is_gone:
            return None
        return job
