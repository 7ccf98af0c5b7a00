"""Somebody who sends a message, waits for the finished fragment, and sends the next."""

import re
import time
import uuid

from tests.visitor import Answer, Visitor

WAIT_ADDRESS = re.compile(rb'hx-get="(/replies/[0-9a-f-]+/wait/\?state=[a-z0-9-]*)"')
STATE = re.compile(rb'data-state="([a-z]+)"')
TURNS_PER_CONVERSATION = 10


class TurnFailed(Exception):
    """What came in place of the answer."""


class Browser(Visitor):
    def __init__(self, *, port: int, session: str, model: str, words: str) -> None:
        super().__init__(port=port, session=session)
        self.model, self.words = model, words
        self.conversation, self.turns = uuid.uuid4(), 0

    async def turn(self) -> float:
        """Seconds from the POST to the finished fragment. Raises TurnFailed when it ends otherwise."""
        started = time.perf_counter()
        await self.await_answer(await self.send())
        return time.perf_counter() - started

    async def send(self) -> Answer:
        """Both bubbles, the second of which waits. Raises TurnFailed."""
        if self.turns % TURNS_PER_CONVERSATION == 0:
            self.conversation, self.page = uuid.uuid4(), "/"
        self.turns += 1
        fields = {"client_id": uuid.uuid4(), "text": self.words, "model": self.model, "instruction": ""}
        try:
            answer = await self.post(f"/c/{self.conversation}/messages/", **fields)
        except ConnectionError as error:
            raise TurnFailed(str(error)) from error
        self.page = f"/c/{self.conversation}/"
        return answer

    async def await_answer(self, answer: Answer) -> None:
        """Wait as reply-wait does, until the fragment is a finished one. Raises TurnFailed."""
        waiting = ""
        while answer.status == 204 or (address := WAIT_ADDRESS.search(answer.body)):
            if answer.status != 204 and address:
                waiting = address[1].decode()
            try:
                answer = await self.get(waiting)
            except ConnectionError as error:
                raise TurnFailed(str(error)) from error
        state = STATE.search(answer.body)
        if answer.status != 200 or not state or state[1] != b"completed":
            raise TurnFailed(f"status {answer.status}, {state[1].decode() if state else 'no reply'}")
