"""Browsers that wait, woken by PostgreSQL.

One connection per web process listens; a waiting request holds no connection and no thread, only a bell in memory.
"""

import asyncio
import math
import re
import threading
from collections import OrderedDict, defaultdict
from uuid import UUID

from django.http import HttpResponse

from chat.models.reply import RUNNING
from chat.notifications import notifications

CHANNEL = "parley_reply"
# A step on the way is worth showing only if the next one doesn't follow at once.
STEP_SECONDS = 0.3
# The wait for one reply, as chat/urls.py has it.
WAIT = re.compile(r"/replies/([0-9a-f-]{36})/wait/")
# The browsers of so many replies may come after the end of theirs, and are answered without a rest.
ENDS_KEPT = 4096


class Bell:
    """Rings when a reply has changed, or one of several.

    Hung up first, then look at the row: whatever is committed later is heard.
    """

    def __init__(self, listener: "Listener", *reply_ids: UUID | str) -> None:
        self.listener, self.reply_ids = listener, [str(reply_id) for reply_id in reply_ids]
        self.rung = asyncio.Event()
        self.state = ""
        listener.hang_up(self)

    def take_down(self) -> None:
        """Nobody listens any more. To be called once the wait is over, and harmless to call again."""
        self.listener.take_down(self)

    def ring(self, state: str = "") -> None:
        """`state` is the reply's new one, or "" when it must be looked up."""
        self.state = state
        self.rung.set()

    def catch_up(self, state: str) -> None:
        """A look found this state, which the page doesn't show. What has rung meanwhile is newer."""
        with self.listener.lock:
            if not self.rung.is_set():
                self.ring(state)

    async def news(self) -> None:
        """Wait for a change worth showing: an end, or a step that lasts for STEP_SECONDS."""
        await self.rung.wait()
        while self.state in RUNNING:
            self.rung.clear()
            try:
                async with asyncio.timeout(STEP_SECONDS):
                    await self.rung.wait()
            except TimeoutError:
                return


class Waiting(HttpResponse):
    """Nothing to tell yet. `config.handler` keeps the request until the bell rings, then asks the view again.

    So it does after `look_again_seconds`, for what changes without a bell.
    """

    status_code = 204

    def __init__(self, bell: Bell, *, look_again_seconds: float = math.inf) -> None:
        super().__init__()
        self.bell, self.look_again_seconds = bell, look_again_seconds


class Listener:
    """The process's one listening connection, and the bells of those who wait."""

    def __init__(self) -> None:
        self.bells: dict[str, set[Bell]] = defaultdict(set)
        # The replies that were heard to end, the newest last.
        self.ended: OrderedDict[str, None] = OrderedDict()
        # Views hang their bells up in threads of their own.
        self.lock = threading.Lock()
        self.task: asyncio.Task[None] | None = None

    def hang_up(self, bell: Bell) -> None:
        with self.lock:
            for reply_id in bell.reply_ids:
                self.bells[reply_id].add(bell)

    def take_down(self, bell: Bell) -> None:
        with self.lock:
            for reply_id in bell.reply_ids:
                bells = self.bells.get(reply_id, set())
                bells.discard(bell)
                if not bells:
                    self.bells.pop(reply_id, None)

    def first_rest(self, path: str) -> Waiting | None:
        """What the wait for a reply at this path begins with, before anything is looked up.

        Its page has just been made, so most often there is nothing new to find yet. None if this process heard the
        reply end, or if this is another path.
        """
        wait = WAIT.fullmatch(path)
        if wait is None or wait[1] in self.ended:
            return None
        return Waiting(Bell(self, wait[1]), look_again_seconds=STEP_SECONDS)

    def ring(self, reply_id: str, state: str) -> None:
        with self.lock:
            if state and state not in RUNNING:
                self.ended[reply_id] = None
                self.ended.move_to_end(reply_id)
                if len(self.ended) > ENDS_KEPT:
                    self.ended.popitem(last=False)
            for bell in self.bells.get(reply_id, ()):
                bell.ring(state)

    def ring_all(self) -> None:
        with self.lock:
            for bells in self.bells.values():
                for bell in bells:
                    bell.ring()

    def start(self) -> None:
        """Listen from now on, in the running event loop. To be called again before each wait; it starts once."""
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        """Listen for ever. After a break everyone is woken to look again, since a notification may have been missed."""
        async for told in notifications(CHANNEL):
            if told is None:
                self.ring_all()
            else:
                reply_id, _, state = told.partition(" ")
                self.ring(reply_id, state)


listener = Listener()
