"""I1 to I10 of the failure model, as one function that runs after every test of this folder."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from chat.models import Reply
from chat.models.reply import RUNNING
from tests.crash.cast import Cast
from tests.crash.history import reply_history
from tests.crash.person import Person, Sending
from tests.crash.points import FailPoints

# Time enough for a lease to run out, a round of rescue, and the longest pause between two polls, on a busy machine.
QUIET_SECONDS = 40.0
TURNS = """
    SELECT reply.id::text AS reply, reply.state, reply.billed, reply.cost, reply.request_id, reply.owner_id,
        reply.submit_started_at, answer.id::text AS answer_id, answer.text AS answer, question.text AS question,
        answer.conversation_id::text AS conversation, owner.email
    FROM chat_reply reply
    LEFT JOIN chat_message answer ON answer.id = reply.message_id
    LEFT JOIN chat_message question ON question.id = answer.parent_id
    LEFT JOIN accounts_user owner ON owner.id = reply.owner_id
    ORDER BY reply.created_at
"""
LATEST = """
    SELECT DISTINCT ON (message_id) message_id::text AS id, state FROM chat_reply
    WHERE message_id IS NOT NULL ORDER BY message_id, created_at DESC
"""
# A settle at another amount than the reply's cost, or none although it is known, or one although it is not.
MISSETTLED = """
    SELECT entry.amount, reply.cost FROM chat_reply reply
    LEFT JOIN chat_ledgerentry entry ON entry.reply_id = reply.id AND entry.kind = 'settle'
    WHERE entry.amount IS DISTINCT FROM CASE WHEN reply.billed = 'yes' THEN reply.cost END
"""


@dataclass
class Evidence:
    """All that can be seen from outside, at one moment: the rows, the stand-in's books, the open pages."""

    cast: Cast
    people: list[Person]

    @cached_property
    def replies(self) -> list[dict[str, Any]]:
        return self.cast.rows(TURNS)

    @cached_property
    def calls(self) -> list[dict[str, Any]]:
        """What arrived at the stand-in; only calls with a key that it knows."""
        rows: list[dict[str, Any]] = self.cast.sandbox.ledger()["rows"]
        return rows

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        return self.cast.rows(
            "SELECT message.id::text, conversation_id::text AS conversation, client_id::text, message.role, text,"
            " owner.email FROM chat_message message"
            " JOIN chat_conversation conversation ON conversation.id = conversation_id"
            " JOIN accounts_user owner ON owner.id = conversation.owner_id"
        )

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        return reply_history(self.cast)

    @cached_property
    def latest_states(self) -> dict[str, str]:
        return {row["id"]: row["state"] for row in self.cast.rows(LATEST)}

    def steps_of(self, reply: dict[str, Any]) -> list[dict[str, Any]]:
        return [step for step in self.history if str(step["reply"]) == reply["reply"]]

    def calls_for(self, text: str) -> list[dict[str, Any]]:
        """Calls whose question ends with this text: of questions that stood unanswered before it, only the last."""
        return [call for call in self.calls if call["prompt"].endswith(text)]


def assert_invariants(cast: Cast, points: FailPoints, people: list[Person]) -> None:
    """Wait until all is quiet, then hold the rows, the stand-in's ledger and every open page against the failure model.

    `people`: everybody who has done anything in this test. Raises AssertionError that names what does not hold.
    """
    await_quiet(cast, points)
    problems = eventually_none(lambda: list(problems_in(Evidence(cast, people))), seconds=5)
    assert not problems, "\n".join(problems)


def await_quiet(cast: Cast, points: FailPoints) -> None:
    """Nothing is on its way; unless all is well, also after a whole round of rescue, which might send again."""
    deadline = time.monotonic() + QUIET_SECONDS
    rounds = None
    while time.monotonic() < deadline:
        if on_the_way(cast):
            rounds = None
        elif is_all_well(cast):
            return
        elif rounds is None:
            rounds = points.times_reached("rescuing")
        elif points.times_reached("rescuing") >= rounds + 2:  # the first may have begun before
            return
        time.sleep(0.05)
    raise AssertionError(f"I4: still on the way after {QUIET_SECONDS} s: {on_the_way(cast)}")


def on_the_way(cast: Cast) -> list[dict[str, Any]]:
    return cast.rows(
        "SELECT id::text, state, lease_until, tries FROM chat_reply WHERE state = ANY(%s)", [*map(str, RUNNING)]
    )


def is_all_well(cast: Cast) -> bool:
    return not cast.rows("SELECT 1 FROM chat_reply WHERE state <> 'completed' LIMIT 1")


def eventually_none(find: Callable[[], list[str]], seconds: float) -> list[str]:
    """What is still found after so long: a page has a moment to hear of what the database knows already."""
    deadline = time.monotonic() + seconds
    while (found := find()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def problems_in(evidence: Evidence) -> Iterator[str]:
    for number, check in enumerate(CHECKS, start=1):
        for problem in check(evidence):
            yield f"I{number}: {problem}"


# --- One by one -----------------------------------------------------------------
def i1_acknowledged_texts_are_stored(evidence: Evidence) -> Iterator[str]:
    stored = {(row["conversation"], row["client_id"], row["text"]) for row in evidence.messages}
    acknowledged = [(person, sending) for person in evidence.people for sending in person.acknowledged]
    for person, sending in acknowledged:
        if sending.conversation in person.deleted:
            continue
        if (sending.conversation, sending.client_id, sending.text) not in stored:
            yield f"acknowledged and gone: {sending.text}"


def i2_calls_per_message(evidence: Evidence) -> Iterator[str]:
    for person, sending in every_sending(evidence):
        accepted = [call for call in evidence.calls_for(sending.text) if call["state"] in ("accepted", "billed")]
        allowed = 1 + person.confirmed[sending.text]
        if len(accepted) > allowed:
            yield f"{len(accepted)} accepted calls, {allowed} allowed: {sending.text}"


def i3_one_bubble_in_every_tab(evidence: Evidence) -> Iterator[str]:
    completed = Counter(reply["answer_id"] for reply in evidence.replies if reply["state"] == "completed")
    yield from (f"{count} answers to one question: {message}" for message, count in completed.items() if count > 1)
    sent = Counter(row["text"] for row in evidence.messages if row["role"] == "user")
    yield from (f"stored {count} times: {text}" for text, count in sent.items() if count > 1)
    for person in evidence.people:
        for tab in person.tabs:
            shown = Counter(bubble.message_id for bubble in tab.bubbles)
            yield from (f"{count} bubbles of {message} in a tab" for message, count in shown.items() if count > 1)


def i4_visible_state_and_an_action(evidence: Evidence) -> Iterator[str]:
    """Nothing is on its way any more; what has not come says so, and offers a way on. Read from a fresh page."""
    for person, conversation in every_conversation(evidence):
        for bubble in person.page(conversation):
            if not bubble.is_from_user and bubble.state != evidence.latest_states.get(bubble.message_id):
                yield f"the page says {bubble.state or 'nothing'} of {bubble.message_id}"
            if not bubble.is_from_user and bubble.state != "completed" and not bubble.has_way_on:
                yield f"no way on from {bubble.state}"


def i5_budgets_hold(evidence: Evidence) -> Iterator[str]:
    broken = "SELECT * FROM crash.budget WHERE reserved + spent > budget_limit"
    yield from (f"budget overdrawn: {row}" for row in evidence.cast.rows(broken))


def i6_settled_is_billed(evidence: Evidence) -> Iterator[str]:
    """What was settled is what the stand-in billed, call by call, apart from exactly the replies of unknown cost."""
    yield from (
        f"the ledger has {row['amount']} for a reply of {row['cost']}" for row in evidence.cast.rows(MISSETTLED)
    )
    billed = {call["request_id"]: call for call in evidence.calls if call["state"] == "billed"}
    settled = [reply for reply in evidence.replies if reply["billed"] == "yes"]
    for reply in settled:
        call = billed.pop(reply["request_id"], None)
        if call is None:
            yield f"{reply['state']} {reply['reply']} was settled, and never billed"
        elif reply["cost"] is not None and reply["cost"] != Decimal(call["cost"]):
            yield f"settled {reply['cost']}, billed {call['cost']}"
    unknown = Counter(reply["email"] for reply in evidence.replies if reply["billed"] == "unknown")
    owners = {person.key: person.account.email for person in evidence.people}
    for email, count in Counter(owners.get(call["key"], "nobody") for call in billed.values()).items():
        if count > unknown[email]:
            yield f"{count} billed calls of {email} are settled nowhere, {unknown[email]} replies say so"


def i7_nothing_reaches_others(evidence: Evidence) -> Iterator[str]:
    """Every text carries a mark; the stand-in repeats it. So each answer, and each page, says whose it is."""
    for reply in evidence.replies:
        if reply["state"] == "completed" and reply["answer"] and mark_of(reply["question"]) not in reply["answer"]:
            yield f"the answer to another question: {reply['question']}"
    for person in evidence.people:
        others = [mark_of(s.text) for other, s in every_sending(evidence) if other is not person]
        for tab in person.tabs:
            text = "".join(bubble.text for bubble in [*tab.bubbles, *tab.strays])
            yield from (f"{person.account.name} sees {mark}" for mark in others if mark in text)
            yield from (f"a wait brought {bubble.message_id} elsewhere" for bubble in tab.strays)


def i8_no_call_without_an_attempt(evidence: Evidence) -> Iterator[str]:
    """Each call came after the commit of a `submitting` of its own, and with the key of the one who asked."""
    attempts = [step for step in evidence.history if step["after"] == "submitting"]
    questions = {reply["reply"]: reply["question"] for reply in evidence.replies}
    owners = {sending.text: person for person, sending in every_sending(evidence)}
    for text, person in owners.items():
        calls = evidence.calls_for(text)
        starts = sorted(step["committed"] for step in attempts if questions.get(str(step["reply"])) == text)
        if any(call["key"] != person.key for call in calls):
            yield f"sent with another key: {text}"
        if text not in questions.values():
            continue  # the conversation is deleted; the count below still holds for it
        for number, call in enumerate(sorted(calls, key=lambda call: call["at"])):
            if number >= len(starts) or starts[number] > call["at"]:
                yield f"call {number + 1} has no committed attempt: {text}"
    if len(evidence.calls) > len(attempts):
        yield f"{len(evidence.calls)} calls, {len(attempts)} committed attempts"


def i9_final_states_stay(evidence: Evidence) -> Iterator[str]:
    for step in evidence.history:
        if (
            step["before"]
            and step["before"] != step["after"]
            and step["after"] not in Reply.NEXT.get(step["before"], ())
        ):
            yield f"{step['reply']} went from {step['before']} to {step['after']}"


def i10_open_tabs_show_it(evidence: Evidence) -> Iterator[str]:
    """All have ended, so no tab may still wait, or show an end that no attempt at this message has had."""
    ends = {(reply["answer_id"], step["after"]) for reply in evidence.replies for step in evidence.steps_of(reply)}
    for person in evidence.people:
        for tab in person.tabs:
            for bubble in tab.bubbles:
                is_true = (bubble.message_id, bubble.state) in ends and bubble.state not in RUNNING
                if not (bubble.is_from_user or is_true or tab.conversation in person.deleted):
                    state = evidence.latest_states.get(bubble.message_id)
                    yield f"a tab shows {bubble.state}, it is {state}: {bubble.message_id}"


CHECKS = (
    i1_acknowledged_texts_are_stored,
    i2_calls_per_message,
    i3_one_bubble_in_every_tab,
    i4_visible_state_and_an_action,
    i5_budgets_hold,
    i6_settled_is_billed,
    i7_nothing_reaches_others,
    i8_no_call_without_an_attempt,
    i9_final_states_stay,
    i10_open_tabs_show_it,
)


def every_sending(evidence: Evidence) -> Iterator[tuple[Person, Sending]]:
    for person in evidence.people:
        yield from ((person, sending) for sending in dict.fromkeys(person.sent))


def every_conversation(evidence: Evidence) -> Iterator[tuple[Person, str]]:
    by_email = {person.account.email: person for person in evidence.people}
    found = {(row["email"], row["conversation"]) for row in evidence.messages}
    for email, conversation in found:
        if not by_email[email].is_disabled:
            yield by_email[email], conversation


def mark_of(text: str) -> str:
    return text.rpartition(" ")[2]
