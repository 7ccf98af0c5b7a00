"""Somebody who writes, waits, loses patience, clicks twice, stops, tries again, deletes; all by their own dice."""

import asyncio
import random
import re
import uuid
from dataclasses import dataclass, field

from tests.people import Account
from tests.visitor import Answer, Visitor

V1 = ("llama-v3-8b-instruct", "llama-v3p1-70b-instruct")
V2 = ("claude-3-haiku", "claude-3.5-sonnet")
# On v2 a result that can't be read is asked for again for most of an hour: only what passes may happen there.
V1_TROUBLE = ("html", "malformed", "malformed=empty", "malformed=utf8", "redirect")
V2_TROUBLE = ("queue=1", "expired", "malformed=2", "missing at=status", "server-error=2 at=status", "drop=2 at=result")
TROUBLE = (
    "drop",
    "drop=half",
    "drop unbilled",
    "silent",
    "silent billed",
    "server-error",
    "server-error=1",
    "unavailable",
    "bad-gateway billed",
    "timeout",
    "fail",
    "fail=1",
    "bad-request",
    "credits",
    "value",
    "forbidden",
    "latency=2",
    "empty",
    "hostile",
    "surrogates",
    "drip=0.02",
    "nan",
    "nan=-1",
    "no-accounting",
)
SUBJECTS = ("the weather", "a list of plans", "some code", "a table of numbers", "the math of it", "nothing at all")
THINKING_SECONDS = 1.0
PAUSE_AFTER_FAILURE_SECONDS = 0.5
# The stand-in keeps only the beginning of a prompt, and questions without an answer are sent along with the next one.
QUESTIONS_IN_A_CONVERSATION = 6
TRIES_AGAIN = 2
WAIT = re.compile(rb'hx-get="(/replies/[0-9a-f-]+/wait/\?state=[a-z0-9-]*)"')
STOP = re.compile(rb'action="(/replies/[0-9a-f-]+/cancellation/)"')
RETRY = re.compile(rb'action="(/replies/[0-9a-f-]+/retries/)"')
RELEASE = re.compile(rb'action="(/replies/[0-9a-f-]+/release/)"')
NO_ANSWER = Answer(0, b"")


@dataclass
class Sent:
    """A message that has left the browser, however often. `repeats`: attempts asked for after the first one."""

    text: str
    conversation: str
    client_id: str
    model: str
    is_acknowledged: bool = False
    repeats: int = 0
    confirmed: int = 0


@dataclass
class Person:
    """`name` is in all that they write, so that it can be told from others'.

    `trouble`: the only faults that they ask for, if there are any. `complaints`: what no site should say.
    """

    name: str
    account: Account
    visitors: list[Visitor]
    dice: random.Random
    is_patient: bool = False
    trouble: tuple[str, ...] = ()
    sent: list[Sent] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    unanswered_requests: int = 0
    conversation: str = ""
    questions: int = 0

    async def live(self) -> None:
        """For ever."""
        while True:
            await self.turn()
            await asyncio.sleep(self.dice.expovariate(1 / THINKING_SECONDS))

    async def turn(self) -> None:
        sent = self.write()
        answer = await self.insist(sent)
        if answer is None:
            return
        mood = 1.0 if self.is_patient else self.dice.random()
        if mood > 0.2:
            answer = await self.stop(answer) if mood < 0.35 else await self.await_end(answer)
            await self.perhaps_try_again(sent, answer)
        if self.dice.random() < 0.05:
            await self.delete()

    # --- Sending ------------------------------------------------------------------
    def write(self) -> Sent:
        """A message whose last word no other one has."""
        if not self.conversation or self.questions >= QUESTIONS_IN_A_CONVERSATION or self.dice.random() < 0.2:
            self.conversation, self.questions = self.some_id(), 0
        self.questions += 1
        models, trouble = self.dice.choice(((V1, V1_TROUBLE), (V2, V2_TROUBLE)))
        words = f"About {self.dice.choice(SUBJECTS)}."
        if self.dice.random() < 0.4:
            faults = self.dice.choice(self.trouble or TROUBLE + trouble)
            words += "".join(f" sandbox:{fault}" for fault in faults.split())
            self.questions = QUESTIONS_IN_A_CONVERSATION  # or the next question would meet the same trouble
        text = f"{words} {self.name}-{len(self.sent):04}"
        self.sent.append(Sent(text, self.conversation, self.some_id(), self.dice.choice(models)))
        return self.sent[-1]

    async def insist(self, sent: Sent) -> Answer | None:
        """Press "Send" until it is acknowledged; None if they lose patience, or the site has a reason to refuse."""
        while True:
            answer = await self.send(sent)
            if answer.status == 200:
                sent.is_acknowledged = True
                return answer
            if 400 <= answer.status < 500:
                self.complaints.append(f"sending {sent.text!r} got {answer.status}: {answer.body[:300]!r}")
                return None
            if self.dice.random() < 0.1:
                return None
            await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)

    async def send(self, sent: Sent) -> Answer:
        """Once, or twice at the same time, by two servers."""
        fields = {"client_id": sent.client_id, "text": sent.text, "model": sent.model, "instruction": ""}
        path = f"/c/{sent.conversation}/messages/"
        if self.dice.random() < 0.85:
            return await self.ask(path, fields)
        answers = await asyncio.gather(*(self.ask(path, fields, by=visitor) for visitor in self.visitors))
        return max(answers, key=lambda answer: answer.status == 200)

    # --- A reply on its way -------------------------------------------------------
    async def await_end(self, answer: Answer) -> Answer:
        """The finished message, as the waiting page gets it."""
        while wait := WAIT.search(answer.body):
            if held := RELEASE.search(answer.body):
                await self.ask(held[1].decode(), {})
            news = await self.ask(wait[1].decode())
            if news.status == 200:
                answer = news
            elif news.status in (0, 204) or news.status >= 500:
                await asyncio.sleep(0 if news.status == 204 else PAUSE_AFTER_FAILURE_SECONDS)
            else:
                self.complaints.append(f"waiting got {news.status}: {wait[1].decode()}")
                return news
        return answer

    async def let_go(self, conversation: str) -> None:
        """Come back to a conversation, and send what is held there since the answer above it did not come."""
        page = await self.ask(f"/c/{conversation}/")
        for held in RELEASE.findall(page.body):
            await self.ask(held.decode(), {})

    async def stop(self, answer: Answer) -> Answer:
        """After a moment. What the page then shows; if nothing came back, what it showed before."""
        await asyncio.sleep(self.dice.uniform(0, 1.5))
        if not (stop := STOP.search(answer.body)):
            return answer
        stopped = await self.ask(stop[1].decode(), {})
        return stopped if stopped.status == 200 else await self.await_end(answer)

    async def perhaps_try_again(self, sent: Sent, answer: Answer) -> None:
        for _ in range(TRIES_AGAIN):
            retry = RETRY.search(answer.body)
            if not retry or self.dice.random() < 0.5:
                return
            may_cost_twice = b'name="confirm"' in answer.body
            confirms = may_cost_twice and self.dice.random() < 0.7
            answer = await self.try_again(sent, retry[1].decode(), confirms=confirms)
            if may_cost_twice and not confirms and answer.status not in (0, 200, 422) and answer.status < 500:
                self.complaints.append(f"trying again without a confirmation got {answer.status}")
            answer = await self.await_end(answer)

    async def try_again(self, sent: Sent, path: str, *, confirms: bool) -> Answer:
        """One press. Counted beforehand: an answer that nobody gets leaves open whether there was an attempt."""
        fields = {"confirm": "on"} if confirms else {}
        sent.repeats += 1
        sent.confirmed += confirms
        answer = await self.ask(path, fields)
        if answer.status == 422:
            sent.repeats -= 1
            sent.confirmed -= confirms
        return answer

    async def delete(self) -> None:
        """The conversation they are in, whatever is still on its way there."""
        self.deleted.add(self.conversation)
        await self.ask(f"/c/{self.conversation}/trash/", {})
        await self.ask(f"/trash/{self.conversation}/deletion/", {})
        self.conversation = ""

    # --- Requests -----------------------------------------------------------------
    async def ask(self, path: str, fields: dict[str, str] | None = None, *, by: Visitor | None = None) -> Answer:
        """A POST if there are fields. By any of the servers. Status 0 if no answer came."""
        chosen = by or self.dice.choice(self.visitors)
        try:
            answer = await (chosen.get(path) if fields is None else chosen.post(path, **fields))
        except ConnectionError:
            answer = NO_ANSWER
        self.unanswered_requests += answer.status == 0 or answer.status >= 500
        return answer

    async def load(self, path: str) -> Answer:
        """A page, afresh. Raises ConnectionError; on a new connection, since the old one may be stale."""
        visitor = self.visitors[0]
        visitor.hang_up()
        return await visitor.get(path, is_page=True)

    def some_id(self) -> str:
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))
