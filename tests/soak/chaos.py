"""What goes wrong with the machines: kills at random moments, and a database that is restarted every minute."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.cast import Cast

SECONDS_BETWEEN_KILLS = (5.0, 20.0)
SECONDS_TO_FIRST_RESTART, SECONDS_BETWEEN_RESTARTS = 15.0, 60.0
SECONDS_BETWEEN_LOOKS = 1.0


@dataclass
class Chaos:
    """`counts`: what it has done, and which programs have ended by themselves."""

    cast: Cast
    dice: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def reigning(self) -> AsyncIterator[None]:
        """For the length of the block; after it everything runs."""
        async with asyncio.TaskGroup() as group:
            for work in (self.keep_killing, self.keep_restarting, self.keep_alive):
                group.create_task(work())
            try:
                yield
            finally:
                self.is_over.set()
        await self.do(self.revive)

    async def keep_killing(self) -> None:
        while await self.has_time_for(self.dice.uniform(*SECONDS_BETWEEN_KILLS)):
            await self.do(self.kill_one)

    async def keep_restarting(self) -> None:
        seconds = SECONDS_TO_FIRST_RESTART
        while await self.has_time_for(seconds):
            await self.do(self.restart_database)
            seconds = SECONDS_BETWEEN_RESTARTS

    async def keep_alive(self) -> None:
        while await self.has_time_for(SECONDS_BETWEEN_LOOKS):
            await self.do(self.revive)

    async def has_time_for(self, seconds: float) -> bool:
        """Let so much time pass; False, at once, when it is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.is_over.wait()
        return not self.is_over.is_set()

    async def do(self, work: Callable[[], None]) -> None:
        async with self.one_at_a_time:
            await asyncio.to_thread(work)

    def kill_one(self) -> None:
        part = self.dice.choice([*self.cast.webs, *self.cast.workers])
        self.cast.replace(part)
        self.counts[f"kill of a {part.name}"] += 1

    def restart_database(self) -> None:
        if self.dice.random() < 0.5:
            self.cast.stop_database()
            self.counts["restart of the database"] += 1
        else:
            self.cast.kill_database()
            self.counts["crash of the database"] += 1
        self.cast.start_database()

    def revive(self) -> None:
        """As a service manager does with a program that has ended."""
        for part in [*self.cast.webs, *self.cast.workers]:
            if not part.is_running:
                self.cast.replace(part)
                self.counts[f"{part.name} that ended by itself"] += 1
