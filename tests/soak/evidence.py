"""All that can be seen once it is quiet: what people did, the rows, the pages, and the stand-in's books."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.cast import Cast
from tests.soak.person import Person, Sent
from tests.visitor import Answer

ARTICLE = re.compile(rb'<article class="message [^>]*?id="message-([0-9a-f-]+)"[^>]*?(?:data-state="([a-z]+)"[^>]*)?>')
CALLS_AT_ONCE = 10_000
REPLIES = """
    SELECT reply.id::text, reply.state, reply.billed, reply.reserved, reply.request_id, owner.email,
        answer.id::text AS message, answer.text AS answer, question.text AS question,
        (SELECT amount FROM chat_ledgerentry WHERE reply_id = reply.id AND kind = 'reserve') AS reserve,
        (SELECT amount FROM chat_ledgerentry WHERE reply_id = reply.id AND kind = 'settle') AS settle,
        (SELECT amount FROM chat_ledgerentry WHERE reply_id = reply.id AND kind = 'release') AS release
    FROM chat_reply reply
    JOIN accounts_user owner ON owner.id = reply.owner_id
    LEFT JOIN chat_message answer ON answer.id = reply.message_id
    LEFT JOIN chat_message question ON question.id = answer.parent_id
    ORDER BY reply.created_at
"""
QUESTIONS = """
    SELECT conversation_id::text AS conversation, client_id::text, text FROM chat_message WHERE role = 'user'
"""
BUDGETS = """
    SELECT budget.id, email, "limit", reserved, spent,
        (SELECT COALESCE(sum(amount), 0) FROM chat_hold WHERE period_id = period.id) AS held,
        (SELECT COALESCE(sum(amount), 0) FROM chat_ledgerentry entry JOIN chat_reply reply ON reply.id = reply_id
            WHERE kind = 'settle' AND (budget.owner_id IS NULL OR budget.owner_id = reply.owner_id)) AS settled
    FROM chat_budget budget JOIN chat_budgetperiod period ON period.budget_id = budget.id
    LEFT JOIN accounts_user owner ON owner.id = budget.owner_id
"""
Rows = list[dict[str, Any]]


@dataclass
class Evidence:
    """`keys`: each person's, by email. `calls`: every POST that reached the stand-in. `spent`: what it took, by key."""

    people: list[Person] = field(default_factory=list)
    questions: Rows = field(default_factory=list)
    replies: Rows = field(default_factory=list)
    steps: Rows = field(default_factory=list)
    budgets: Rows = field(default_factory=list)
    overdrawn: Rows = field(default_factory=list)
    calls: Rows = field(default_factory=list)
    spent: dict[str, Decimal] = field(default_factory=dict)
    spent_in_all: Decimal = Decimal(0)
    pages: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def sent(self) -> list[Sent]:
        return [sent for person in self.people for sent in person.sent]

    @property
    def keys(self) -> dict[str, str]:
        return {person.account.email: person.account.key for person in self.people}

    @property
    def settled(self) -> Decimal:
        return sum((reply["settle"] or Decimal(0) for reply in self.replies), Decimal(0))


def gather(cast: Cast, people: list[Person], overdrawn: Rows) -> Evidence:
    """As it is now, but for the pages."""
    accounts = {person.account.key: cast.sandbox.account(person.account.key) for person in people}
    return Evidence(
        people=people,
        questions=cast.rows(QUESTIONS),
        replies=cast.rows(REPLIES),
        steps=cast.rows("SELECT reply::text, before, after FROM soak.step ORDER BY number"),
        budgets=cast.rows(BUDGETS),
        overdrawn=overdrawn,
        calls=all_calls(cast),
        spent={key: Decimal(account["spent"]) for key, account in accounts.items()},
        spent_in_all=Decimal(cast.sandbox.ledger(limit=0)["cost"]),
    )


def all_calls(cast: Cast) -> Rows:
    calls: Rows = []
    while page := cast.sandbox.ledger(after=calls[-1]["number"] if calls else 0, limit=CALLS_AT_ONCE)["rows"]:
        calls += page
    return calls


def bubbles_of(page: Answer) -> list[tuple[str, str]]:
    """Each bubble of a page: its message, and its state, which is "" for a person's."""
    return [(message.decode(), state.decode()) for message, state in ARTICLE.findall(page.body)]
