"""A judge who sees nothing proves nothing: each breach, made by hand, is named, and nothing else is."""

import random
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from tests.people import Account
from tests.soak.evidence import Evidence, bubbles_of
from tests.soak.person import Person, Sent
from tests.soak.verdict import problems_in
from tests.visitor import Answer

KEY, OTHER_KEY = "SG_5a00000000000001", "SG_5a00000000000002"
Row = dict[str, Any]
EMAIL = "person@example.com"
TEXT = "About nothing at all. p01-0000"
COST = Decimal("0.00063")


def evidence_of_one_turn() -> Evidence:
    """A question, its answer, its cost, its page; and a second question, whose cost is not known."""
    person = Person("p01", Account(EMAIL, "session", KEY), [], random.Random(1))
    person.sent = [
        Sent(TEXT, "conversation", "client", "model", is_acknowledged=True),
        Sent("About the weather. p01-0001", "conversation", "client2", "model", is_acknowledged=True),
    ]
    known: Row = {
        "id": "r1",
        "state": "completed",
        "billed": "yes",
        "request_id": "q1",
        "message": "m1",
        "question": TEXT,
    }
    known |= {"answer": "You asked: p01-0000", "settle": COST}
    unknown: Row = {
        "id": "r2",
        "state": "unknown",
        "billed": "unknown",
        "request_id": "",
        "message": "m2",
        "answer": "",
    }
    unknown |= {"question": "About the weather. p01-0001", "settle": None}
    common = {"email": EMAIL, "reserved": 4 * COST, "reserve": 4 * COST, "release": None}
    call = {"key": KEY, "state": "billed", "cost": str(COST), "faults": ""}
    return Evidence(
        people=[person],
        questions=[
            {"conversation": one.conversation, "client_id": one.client_id, "text": one.text} for one in person.sent
        ],
        replies=[known | common, unknown | common],
        steps=[{"reply": "r1", "before": "submitting", "after": "completed"}],
        budgets=[{"email": None, "reserved": 4 * COST, "held": 4 * COST, "spent": COST, "settled": COST}],
        calls=[
            call | {"request_id": "q1", "prompt": TEXT},
            call | {"request_id": "q2", "prompt": f"{TEXT}\n\nAbout the weather. p01-0001"},
        ],
        spent={KEY: 2 * COST},
        spent_in_all=2 * COST,
        pages={"conversation": [("u1", ""), ("m1", "completed"), ("u2", ""), ("m2", "unknown")]},
    )


def test_all_is_well() -> None:
    assert problems_in(evidence_of_one_turn()) == []


def lose_a_text(evidence: Evidence) -> None:
    evidence.questions.pop()


def send_twice(evidence: Evidence) -> None:
    """And have it counted as unknown, so that the money looks right."""
    again = evidence.calls[0] | {"request_id": "q3"}
    evidence.calls.append(again)
    evidence.replies.append(evidence.replies[1] | {"id": "r3", "question": TEXT, "message": "m1"})
    evidence.spent[KEY] += COST
    evidence.spent_in_all += COST
    evidence.pages.clear()


def repeat_what_ran_for_nothing(evidence: Evidence) -> None:
    evidence.calls += [evidence.calls[0] | {"request_id": "q3", "state": "unbilled", "cost": None}]


def store_a_question_twice(evidence: Evidence) -> None:
    evidence.questions.append(evidence.questions[0] | {"client_id": "another"})


def show_a_bubble_twice(evidence: Evidence) -> None:
    evidence.pages["conversation"].append(("m1", "completed"))


def show_another_state(evidence: Evidence) -> None:
    evidence.pages["conversation"][1] = ("m1", "queued")


def leave_one_on_its_way(evidence: Evidence) -> None:
    evidence.replies[1] |= {"state": "processing"}
    evidence.pages.clear()


def overdraw(evidence: Evidence) -> None:
    evidence.overdrawn.append({"limit": 1, "reserved": 1, "spent": COST})


def hold_too_much(evidence: Evidence) -> None:
    evidence.budgets[0]["reserved"] += COST


def spend_too_little(evidence: Evidence) -> None:
    evidence.budgets[0]["spent"] = Decimal(0)


def settle_what_was_free(evidence: Evidence) -> None:
    evidence.calls[0] |= {"state": "unbilled", "cost": None}
    evidence.spent[KEY] = evidence.spent_in_all = COST


def settle_in_the_last_digit_wrong(evidence: Evidence) -> None:
    evidence.replies[0]["settle"] += Decimal("0.0000000001")


def settle_on_another_key(evidence: Evidence) -> None:
    evidence.calls[0]["key"] = OTHER_KEY


def call_it_free(evidence: Evidence) -> None:
    evidence.replies[1] |= {"state": "failed", "billed": "no", "release": 4 * COST}
    evidence.pages.clear()


def forget_a_call(evidence: Evidence) -> None:
    evidence.calls.pop()


def answer_another_person(evidence: Evidence) -> None:
    evidence.replies[0]["answer"] = "You asked: p02-0000"


def leave_a_final_state(evidence: Evidence) -> None:
    evidence.steps.append({"reply": "r1", "before": "completed", "after": "unknown"})


def queue_an_unknown_one(evidence: Evidence) -> None:
    evidence.steps.append({"reply": "r2", "before": "unknown", "after": "queued"})


def keep_a_reservation(evidence: Evidence) -> None:
    stopped = {"id": "r3", "state": "stopped", "billed": "no", "message": None, "question": None, "settle": None}
    evidence.replies.append(evidence.replies[1] | stopped)


BREACHES = {
    lose_a_text: {"I1"},
    send_twice: {"I2"},
    repeat_what_ran_for_nothing: {"I2"},
    store_a_question_twice: {"I3"},
    show_a_bubble_twice: {"I3"},
    show_another_state: {"I3"},
    leave_one_on_its_way: {"I4"},
    overdraw: {"I5"},
    hold_too_much: {"I5"},
    spend_too_little: {"I5"},
    settle_what_was_free: {"I6"},
    settle_in_the_last_digit_wrong: {"I6"},
    settle_on_another_key: {"I6"},
    call_it_free: {"I6"},
    forget_a_call: {"I6"},
    answer_another_person: {"I7"},
    leave_a_final_state: {"I9"},
    queue_an_unknown_one: {"I9"},
    keep_a_reservation: {"ledger"},
}


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.__name__)
def test_breach_is_named(breach: Any) -> None:
    evidence = deepcopy(evidence_of_one_turn())
    breach(evidence)
    assert {problem.partition(":")[0] for problem in problems_in(evidence)} == BREACHES[breach]


def test_what_was_deleted_may_be_gone() -> None:
    evidence = evidence_of_one_turn()
    evidence.people[0].deleted.add("conversation")
    evidence.questions.clear()
    evidence.pages.clear()
    for reply in evidence.replies:
        reply |= {"message": None, "question": None, "answer": None}
    assert problems_in(evidence) == []


def test_confirmed_repeat_may_cost_again() -> None:
    evidence = evidence_of_one_turn()
    send_twice(evidence)
    evidence.sent[0].repeats = evidence.sent[0].confirmed = 1
    assert problems_in(evidence) == []


def test_bubbles_are_read_from_a_page() -> None:
    page = (
        b'<article class="message message--user" id="message-1a" aria-label="You" aria-live="off">'
        b'<article class="message message--assistant" id="message-2b" aria-label="Llama" data-state="queued">'
    )
    assert bubbles_of(Answer(200, page)) == [("1a", ""), ("2b", "queued")]
