"""One soak, from an empty folder to the verdict."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.cast import Cast
from tests.people import Account, accounts_from
from tests.soak.chaos import Chaos
from tests.soak.evidence import Evidence, bubbles_of, gather
from tests.soak.person import Person
from tests.soak.verdict import RUNNING, problems_in
from tests.soak.watch import KEEP_STEPS, BudgetWatch
from tests.visitor import Visitor

PEOPLE, WEBS, WORKERS = 30, 2, 2
LATENCY_SECONDS = 0.3
# Short enough that silence, lost workers and the end take seconds.
QUICK = {
    "DELIVERY_LEASE_SECONDS": "5",
    "DELIVERY_RESCUE_SECONDS": "1",
    "LOG_LEVEL": "WARNING",
    "SEGMIND_READ_SECONDS": "5",
    "SEGMIND_TOTAL_SECONDS": "8",
    "WORKER_GRACE_SECONDS": "3",
}
READY_SECONDS, QUIET_SECONDS, LATE_TRUTH_SECONDS = 60.0, 90.0, 20.0
SECONDS_BETWEEN_LINES = 60.0
PAGES_LOOKED_AT = 300
ON_ITS_WAY = """
    SELECT reply.state, owner.email, message.conversation_id::text AS conversation
    FROM chat_reply reply
    JOIN accounts_user owner ON owner.id = reply.owner_id
    LEFT JOIN chat_message message ON message.id = reply.message_id
    WHERE reply.state = ANY(%s)
"""
# These have a key of a low rate; these meet a 429 now and then; these have little to spend.
SLOW, REFUSED_FOR_RATE, POOR = range(1), range(1, 3), range(3, 6)
SLOW_RATE, POOR_LIMIT, TEAM_LIMIT = 20, "0.05", "1000"


@dataclass(frozen=True)
class Report:
    """What has happened, and every breach."""

    evidence: Evidence
    counts: Counter[str]
    samples: int
    problems: list[str]

    def __str__(self) -> str:
        sent, replies = self.evidence.sent, self.evidence.replies
        states = Counter(reply["state"] for reply in replies)
        billed = [call for call in self.evidence.calls if call["state"] == "billed"]
        lines = [
            ", ".join(f"{count} × {name}" for name, count in sorted(self.counts.items())),
            f"{len(sent)} messages, {sum(one.is_acknowledged for one in sent)} of them acknowledged; "
            f"{sum(person.unanswered_requests for person in self.evidence.people)} requests without an answer; "
            f"{sum(one.repeats for one in sent)} repeats, {sum(one.confirmed for one in sent)} of them confirmed; "
            f"{sum(len(person.deleted) for person in self.evidence.people)} conversations deleted",
            f"{len(replies)} replies: " + ", ".join(f"{count} {state}" for state, count in states.most_common()),
            f"{len(self.evidence.calls)} calls; billed {self.evidence.spent_in_all} for {len(billed)}, "
            f"settled {self.evidence.settled}, so of unknown cost "
            f"{self.evidence.spent_in_all - self.evidence.settled}; {self.samples} samples of the budgets",
            *(self.problems or ["Every invariant holds, and the ledger to the last digit."]),
        ]
        return "\n".join(lines)


async def soak(folder: Path, *, seconds: float, seed: int) -> Report:
    """Start the site in `folder`, let people and chaos at it for so long, wait until it is quiet, and judge."""
    cast, began = Cast(folder, QUICK), time.monotonic()
    try:
        cast.start(webs=WEBS, workers=WORKERS, latency_seconds=LATENCY_SECONDS)
        accounts = accounts_from(cast.run_program("-m", "tests.people", str(PEOPLE)))
        people = make_people(cast, accounts, seed)
        await until_ready(people)
        say(f"ready after {time.monotonic() - began:.0f} s")
        return await live_through(cast, people, seconds, random.Random(f"{seed} chaos"))
    finally:
        cast.stop()


async def live_through(cast: Cast, people: list[Person], seconds: float, dice: random.Random) -> Report:
    chaos, watch = Chaos(cast, dice), BudgetWatch(cast.database_url)
    looking = asyncio.create_task(watch.keep_looking())
    async with chaos.reigning():
        lives = [asyncio.create_task(person.live()) for person in people]
        await let_pass(seconds, people, chaos)
        for life in lives:
            life.cancel()
        await asyncio.wait(lives)
    for life in lives:
        if not life.cancelled():
            life.result()  # raises what has ended it before its time
    began = time.monotonic()
    await until_quiet(cast, people)
    say(f"quiet after another {time.monotonic() - began:.0f} s")
    evidence, problems = await judge(cast, people, watch)
    looking.cancel()
    await asyncio.gather(
        *(visitor.leave() for person in people for visitor in person.visitors), looking, return_exceptions=True
    )
    return Report(evidence, chaos.counts, watch.samples, problems)


def make_people(cast: Cast, accounts: list[Account], seed: int) -> list[Person]:
    """All different, and the same again for the same seed."""
    cast.rows(KEEP_STEPS)
    budget = """INSERT INTO chat_budget (owner_id, "limit", created_at) SELECT {} %s, now()"""
    cast.rows(budget.format("NULL,"), TEAM_LIMIT)
    for index in POOR:
        cast.rows(budget.format("id,") + " FROM accounts_user WHERE email = %s", POOR_LIMIT, accounts[index].email)
    slow = [accounts[index].email for index in SLOW]
    rate = "UPDATE accounts_apikey SET rate = %s WHERE owner_id IN (SELECT id FROM accounts_user WHERE email = ANY(%s))"
    cast.rows(rate, SLOW_RATE, slow)
    return [
        Person(
            name=f"p{index:02}",
            account=account,
            visitors=[Visitor(port=web.port, session=account.session) for web in cast.webs],
            dice=random.Random(f"{seed} {index}"),
            is_patient=index in SLOW or index in REFUSED_FOR_RATE,
            trouble=("rate=2", "rate=1 reset=garbage") if index in REFUSED_FOR_RATE else (),
        )
        for index, account in enumerate(accounts)
    ]


async def until_ready(people: list[Person]) -> None:
    """Raises TimeoutError if one of the webs does not answer."""
    async with asyncio.timeout(READY_SECONDS):
        for visitor in people[0].visitors:
            while (await people[0].ask("/healthz", by=visitor)).status != 200:
                await asyncio.sleep(0.1)
    people[0].unanswered_requests = 0


async def let_pass(seconds: float, people: list[Person], chaos: Chaos) -> None:
    """With a line each minute for whoever watches."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(left, SECONDS_BETWEEN_LINES))
        sent = sum(len(person.sent) for person in people)
        say(f"{sent} messages sent, {chaos.counts.total()} misfortunes; {max(end - time.monotonic(), 0):.0f} s to go")


async def until_quiet(cast: Cast, people: list[Person]) -> None:
    """Nothing is on its way any more, or enough time has passed: then the verdict names what still is.

    What is held waits for its person, so they come back and say that it shall go.
    """
    end = time.monotonic() + QUIET_SECONDS
    by_email = {person.account.email: person for person in people}
    while (running := cast.rows(ON_ITS_WAY, list(RUNNING))) and time.monotonic() < end:
        queued = {(row["email"], row["conversation"]) for row in running if row["state"] == "queued"}
        for email, conversation in queued:
            await by_email[email].let_go(conversation)
        await asyncio.sleep(0.2)


async def judge(cast: Cast, people: list[Person], watch: BudgetWatch) -> tuple[Evidence, list[str]]:
    """Again for a while if something is amiss: costs of what was stopped come in last."""
    end = time.monotonic() + LATE_TRUTH_SECONDS
    while True:
        evidence = gather(cast, people, watch.overdrawn)
        evidence.pages = await look_at_pages(people)
        problems = problems_in(evidence)
        if not problems or time.monotonic() > end:
            return evidence, problems
        await asyncio.sleep(0.5)


async def look_at_pages(people: list[Person]) -> dict[str, list[tuple[str, str]]]:
    """What each of the newest conversations shows, loaded afresh, by its id."""
    open_to = {
        sent.conversation: person
        for person in people
        for sent in person.sent
        if sent.is_acknowledged and sent.conversation not in person.deleted
    }
    pages = {}
    for conversation, person in list(open_to.items())[-PAGES_LOOKED_AT:]:
        pages[conversation] = bubbles_of(await person.load(f"/c/{conversation}/"))
    return pages


def say(words: str) -> None:
    print(words, flush=True)
