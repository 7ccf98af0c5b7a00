"""The invariants of the failure model that can be seen from outside, and the ledger, to the last digit."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from tests.soak.evidence import Evidence, Rows

RUNNING = ("queued", "submitting", "processing")
# `unknown` may be left by the late truth alone.
AFTER_UNKNOWN = ("processing", "completed", "failed")
FINAL = ("completed", "failed", "stopped")
MARK = re.compile(r"p\d\d-\d{4,}")


def problems_in(evidence: Evidence) -> list[str]:
    """Every breach, in a sentence that begins with the invariant's name. Nothing may be on its way any more."""
    found = [f"{name}: {problem}" for name, check in CHECKS.items() for problem in check(evidence)]
    return found + [f"{person.name}: {words}" for person in evidence.people for words in person.complaints]


def i1_acknowledged_texts_are_stored(evidence: Evidence) -> Iterator[str]:
    stored = {(row["conversation"], row["client_id"], row["text"]) for row in evidence.questions}
    for person in evidence.people:
        for sent in person.sent:
            if not sent.is_acknowledged or sent.conversation in person.deleted:
                continue
            if (sent.conversation, sent.client_id, sent.text) not in stored:
                yield f"acknowledged and gone: {sent.text}"


def i2_calls_per_message(evidence: Evidence) -> Iterator[str]:
    """What may have cost money is repeated only as often as somebody confirmed, the rest as often as somebody asked."""
    ran = Counter(mark_of(call) for call in evidence.calls if call["state"] != "refused")
    costly = Counter(mark_of(call) for call in evidence.calls if call["state"] in ("accepted", "billed"))
    for sent in evidence.sent:
        mark = last_mark(sent.text)
        if costly[mark] > 1 + sent.confirmed:
            yield f"{costly[mark]} calls that cost money, {sent.confirmed} confirmed repeats: {sent.text}"
        if ran[mark] > 1 + sent.repeats:
            yield f"{ran[mark]} calls, {sent.repeats} repeats asked for: {sent.text}"


def i3_one_message_one_answer(evidence: Evidence) -> Iterator[str]:
    stored = Counter(row["text"] for row in evidence.questions)
    yield from (f"stored {count} times: {text}" for text, count in stored.items() if count > 1)
    completed = Counter(row["message"] for row in evidence.replies if row["state"] == "completed" and row["message"])
    yield from (f"{count} answers to one question: {message}" for message, count in completed.items() if count > 1)
    latest = {reply["message"]: reply["state"] for reply in evidence.replies}
    for conversation, bubbles in evidence.pages.items():
        shown = Counter(message for message, _ in bubbles)
        yield from (f"{count} bubbles of {message} in {conversation}" for message, count in shown.items() if count > 1)
        for message, state in bubbles:
            if state and state != latest.get(message):
                yield f"the page says {state}, it is {latest.get(message)}: {message}"


def i4_nothing_is_on_its_way(evidence: Evidence) -> Iterator[str]:
    yield from (f"{reply['id']} is still {reply['state']}" for reply in evidence.replies if reply["state"] in RUNNING)
    yield from (
        f"still at work at the stand-in: {call['prompt']}" for call in evidence.calls if call["state"] == "accepted"
    )


def i5_budgets_hold(evidence: Evidence) -> Iterator[str]:
    yield from (f"overdrawn: {sample}" for sample in evidence.overdrawn)
    for budget in evidence.budgets:
        if budget["reserved"] != budget["held"]:
            yield f"{budget['email'] or 'team'}: reserved {budget['reserved']}, held {budget['held']}"
        if budget["spent"] != budget["settled"]:
            yield f"{budget['email'] or 'team'}: spent {budget['spent']}, settled {budget['settled']}"


def i6_settled_is_billed(evidence: Evidence) -> Iterator[str]:
    """What was settled is what the stand-in billed, call by call, apart from exactly those of unknown cost."""
    billed = {call["request_id"]: call for call in evidence.calls if call["state"] == "billed"}
    for reply in evidence.replies:
        if reply["settle"] is None:
            continue
        call = billed.pop(reply["request_id"], None)
        if call is None:
            yield f"{reply['state']} {reply['id']} is settled, and was never billed"
        elif (reply["settle"], evidence.keys[reply["email"]]) != (Decimal(call["cost"]), call["key"]):
            yield f"{reply['id']} is settled at {reply['settle']}, billed was {call['cost']}, or another key"
    yield from i6_unsettled_is_unknown(evidence, list(billed.values()))
    yield from i6_sums(evidence, list(billed.values()))


def i6_unsettled_is_unknown(evidence: Evidence, unsettled: Rows) -> Iterator[str]:
    """Each call that is settled nowhere has a reply that says so; of a deleted question only whose it was is known."""
    unknown = Counter(owner_and_mark(evidence, reply) for reply in evidence.replies if is_of_unknown_cost(reply))
    for call in unsettled:
        known, deleted = (call["key"], mark_of(call)), (call["key"], "")
        if unknown[known]:
            unknown[known] -= 1
        elif unknown[deleted]:
            unknown[deleted] -= 1
        else:
            yield f"billed {call['cost']} and settled nowhere: {call['prompt']} ({call['faults']})"


def i6_sums(evidence: Evidence, unsettled: Rows) -> Iterator[str]:
    known = defaultdict[str, Decimal](Decimal)
    for reply in evidence.replies:
        known[evidence.keys[reply["email"]]] += reply["settle"] or Decimal(0)
    for call in unsettled:
        known[call["key"]] += Decimal(call["cost"])
    for key, spent in evidence.spent.items():
        if known[key] != spent:
            yield f"settled and unknown are {known[key]} on a key that has spent {spent}"
    if sum(known.values()) != evidence.spent_in_all:
        yield f"settled and unknown are {sum(known.values())} in all, spent were {evidence.spent_in_all}"


def i7_no_answer_reaches_others(evidence: Evidence) -> Iterator[str]:
    """A question carries its owner's name, and the stand-in repeats it."""
    names = {person.account.email: person.name for person in evidence.people}
    for reply in evidence.replies:
        if reply["state"] != "completed" or not reply["answer"]:
            continue
        strangers = [mark for mark in MARK.findall(reply["answer"]) if not mark.startswith(names[reply["email"]])]
        yield from (f"{names[reply['email']]} got an answer to {mark}" for mark in strangers)


def i9_final_states_stay(evidence: Evidence) -> Iterator[str]:
    for step in evidence.steps:
        before, after = step["before"], step["after"]
        if before in FINAL or (before == "unknown" and after not in AFTER_UNKNOWN):
            yield f"{step['reply']} went from {before} to {after}"


def ledger_is_complete(evidence: Evidence) -> Iterator[str]:
    for reply in evidence.replies:
        was_queued = reply["reserve"] is not None  # beyond a budget nothing is reserved, nor sent
        if was_queued and reply["reserve"] != reply["reserved"]:
            yield f"{reply['id']} reserved {reply['reserve']}, not {reply['reserved']}"
        if reply["settle"] is not None and reply["release"] is not None:
            yield f"{reply['id']} is both settled and released"
        is_free = reply["billed"] == "no" and reply["state"] in ("failed", "stopped")
        if was_queued and is_free and reply["release"] != reply["reserved"]:
            yield f"{reply['id']} cost nothing, and its reservation is not released"


CHECKS = {
    "I1": i1_acknowledged_texts_are_stored,
    "I2": i2_calls_per_message,
    "I3": i3_one_message_one_answer,
    "I4": i4_nothing_is_on_its_way,
    "I5": i5_budgets_hold,
    "I6": i6_settled_is_billed,
    "I7": i7_no_answer_reaches_others,
    "I9": i9_final_states_stay,
    "ledger": ledger_is_complete,
}


def last_mark(text: str) -> str:
    mark: str = MARK.findall(text)[-1]
    return mark


def mark_of(call: dict[str, object]) -> str:
    """The question that a call is about: of those that stood unanswered before it, only the last."""
    marks = MARK.findall(str(call["prompt"]))
    return marks[-1] if marks else ""


def is_of_unknown_cost(reply: dict[str, object]) -> bool:
    return reply["settle"] is None and reply["billed"] in ("unknown", "yes")


def owner_and_mark(evidence: Evidence, reply: dict[str, object]) -> tuple[str, str]:
    return evidence.keys[str(reply["email"])], last_mark(str(reply["question"])) if reply["question"] else ""
