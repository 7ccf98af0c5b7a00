"""Workers that stand still before each of their steps, so that a test decides what happens in between.

The real `process.carry_out` runs, with the real client. Whenever it is about to call Segmind, has the answer, or is
about to write to the database, it waits here until the test lets it go on, kills it, or forgets it.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import httpx
import pytest

from chat.delivery import process, steps
from chat.segmind import SegmindClient, Timeouts
from tests.chat.delivery.accounting_segmind import AccountingSegmind, Outcome

FOR_EVER = 1e6  # seconds; a lost answer is an outcome of its own here, and comes when the test says so


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it, so nothing more is written."""


class Worker:
    """One reply in the hands of one process. `step` is what it does next: "POST", "GET", "read", or a step's name."""

    def __init__(self, work: steps.Assignment, segmind: AccountingSegmind, loop: asyncio.AbstractEventLoop) -> None:
        self.work, self.segmind, self.loop = work, segmind, loop
        self.leaving = asyncio.Event()
        self.is_paused = self.is_cancelled = False
        self.outcome = Outcome.ANSWERED
        self.step = ""
        self.action: Callable[[], Any] | None = None
        self.gate: asyncio.Future[Any] | None = None
        self.task = loop.create_task(self.carry_out())
        self.run_to_the_next_step()

    async def carry_out(self) -> None:
        current.set(self)
        await process.carry_out(self.work, leaving=self.leaving)

    @property
    def is_done(self) -> bool:
        return self.task.done()

    def go_on(self, outcome: Outcome = Outcome.ANSWERED) -> None:
        """Take one step; if it is a call, `outcome` is what becomes of it."""
        gate, action = self.gate, self.action
        assert gate is not None
        assert action is not None
        self.outcome = outcome
        try:
            gate.set_result(action())
        except httpx.HTTPError as fault:
            gate.set_exception(fault)
        self.run_to_the_next_step()

    def finish(self) -> None:
        while not self.is_done:
            self.go_on()

    def cancel(self) -> None:
        """The grace period is over."""
        self.is_cancelled = True
        self.task.cancel()
        self.run_to_the_next_step()

    def kill(self) -> None:
        if self.gate:
            self.gate.set_exception(Killed())
            self.run_to_the_next_step()

    def run_to_the_next_step(self) -> None:
        """Raises what has broken the delivery."""
        self.gate = self.action = None
        self.loop.run_until_complete(self.standing_still())
        error = self.task.exception() if self.is_done and not self.task.cancelled() else None
        if error and not isinstance(error, Killed):
            raise error

    async def standing_still(self) -> None:
        while self.gate is None and not self.task.done():
            await asyncio.sleep(0)

    async def before(self, step: str, action: Callable[[], Any]) -> Any:
        """Stand still until the test has done `action` in its own thread, and on its own connection."""
        self.step, self.action, self.gate = step, action, self.loop.create_future()
        return await self.gate

    async def call(self, request: httpx.Request) -> httpx.Response:
        held = self.work.reply_id, self.work.fence
        answer = await self.before(request.method, lambda: self.segmind.receive(request, *held, self.outcome))
        await self.before("read", lambda: None)
        assert isinstance(answer, httpx.Response)
        return answer


current: ContextVar[Worker] = ContextVar("current")


def one_by_one(write: Callable[..., Any]) -> Callable[..., Any]:
    """In place of `sync_to_async`."""

    async def stored(*args: Any, **kwargs: Any) -> Any:
        return await current.get().before(write.__name__, lambda: write(*args, **kwargs))

    return stored


def client_of_the_current_worker() -> SegmindClient:
    async def handle(request: httpx.Request) -> httpx.Response:
        return await current.get().call(request)

    return SegmindClient(
        base_url="https://segmind.test",
        timeouts=Timeouts(FOR_EVER, FOR_EVER, FOR_EVER, FOR_EVER, FOR_EVER, FOR_EVER),
        version="test",
        transport=httpx.MockTransport(handle),
    )


class NoLeases:
    """The test says when a worker's leases are renewed."""

    holding = staticmethod(lambda work: nullcontext())


async def no_pause(seconds: float) -> None:
    pass


@contextmanager
def step_by_step() -> Iterator[asyncio.AbstractEventLoop]:
    """While it lasts, `process.carry_out` belongs to a Worker. Gives the loop that they share."""
    loop = asyncio.new_event_loop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "sync_to_async", one_by_one)
        patch.setattr(process, "segmind_client", client_of_the_current_worker)
        patch.setattr(process, "leases", NoLeases)
        patch.setattr(process, "pause", no_pause)
        try:
            yield loop
        finally:
            loop.close()
