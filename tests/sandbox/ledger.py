"""Accounts with their credits and rates, and a row for each call that a known key made."""

import math
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime

from tests.sandbox.faults import Faults
from tests.sandbox.questions import Question
from tests.sandbox.refusals import refuse, too_many

KEY_SHAPE = re.compile(r"SG_5a[0-9a-f]{14}")
OPENING_CREDITS = Decimal(25)
ROWS_KEPT = 200_000
ACCOUNTS_KEPT = 100_000
PROMPT_CHARACTERS_KEPT = 500
WINDOW_SECONDS = 60.0


@dataclass(slots=True)
class Account:
    """One key's money (credits, in USD) and rate. `credits` None: an account without a balance record."""

    key: str
    credits: Decimal | None = OPENING_CREDITS
    free_credits: Decimal = Decimal(0)
    spend_limit: Decimal | None = None
    spend_period: str = "monthly"
    rate: int | None = None
    window_seconds: float = WINDOW_SECONDS
    window_ends: float = 0.0
    window_count: int = 0
    blocked_until: float = 0.0
    reset_form: str = ""
    posts: int = 0
    accepted: int = 0
    billed: int = 0
    spent: Decimal = Decimal(0)

    @property
    def balance(self) -> Decimal:
        return (self.credits or Decimal(0)) + self.free_credits

    def admit(self, now: float) -> None:
        """Count a call at `now` (epoch seconds) against the rate. Raises Refusal, a 429 with the time of the reset."""
        if now < self.blocked_until:
            raise too_many(reset_headers(self.blocked_until, self.reset_form))
        if self.rate is None:
            return
        if now >= self.window_ends:
            self.window_ends, self.window_count = now + self.window_seconds, 0
        self.window_count += 1
        if self.window_count > self.rate:
            raise too_many(reset_headers(self.window_ends, self.reset_form))

    def afford(self, cost: Decimal) -> None:
        """Raises Refusal, a 406, if the balance or the team's limit does not cover `cost`."""
        if self.balance < cost:
            raise refuse("credits", balance=plain(self.balance), needed=plain(cost))
        if self.spend_limit is not None and self.spent + cost > self.spend_limit:
            raise refuse("spend-limit", period=self.spend_period, cap=plain(self.spend_limit))

    def pay(self, cost: Decimal) -> None:
        """Take `cost` from the free credits first. Calls in flight together may leave a negative balance."""
        free = min(self.free_credits, cost)
        self.free_credits -= free
        self.credits = (self.credits or Decimal(0)) - (cost - free)
        self.spent += cost
        self.billed += 1


@dataclass(slots=True)
class Row:
    """One POST by a known key. `state`: refused (nothing ran), accepted (working), billed, or unbilled (it failed)."""

    number: int
    at: float
    key: str
    slug: str
    version: str
    status: int = 0
    state: str = "refused"
    request_id: str = ""
    cost: Decimal | None = None
    remaining: Decimal | None = None
    digest: str = ""
    prompt: str = ""
    turns: int = 0
    faults: str = ""

    def note(self, question: Question, faults: Faults) -> None:
        self.digest = question.digest
        self.prompt = question.prompt[:PROMPT_CHARACTERS_KEPT]
        self.turns = question.turns
        self.faults = " ".join(f"{name}={value}" if value else name for name, value in faults.items())


@dataclass(slots=True)
class Ledger:
    accounts: dict[str, Account] = field(default_factory=dict)
    rows: deque[Row] = field(default_factory=lambda: deque(maxlen=ROWS_KEPT))
    posts: int = 0
    accepted: int = 0
    billed: int = 0
    cost: Decimal = Decimal(0)

    def account(self, key: str) -> Account | None:
        """The account of a key of the sandbox's shape, opened on first sight; None for every other key."""
        account = self.accounts.get(key)
        if account is None and KEY_SHAPE.fullmatch(key):
            if len(self.accounts) >= ACCOUNTS_KEPT:
                self.accounts.pop(next(iter(self.accounts)))
            account = self.accounts[key] = Account(key)
        return account

    def note(self, account: Account, slug: str, version: str, now: float) -> Row:
        """Write down that a POST arrived."""
        self.posts += 1
        account.posts += 1
        row = Row(self.posts, now, account.key, slug, version)
        self.rows.append(row)
        return row

    def accept(self, account: Account, row: Row, request_id: str) -> None:
        """From here on the call may cost money."""
        self.accepted += 1
        account.accepted += 1
        row.state, row.request_id, row.status = "accepted", request_id, 200

    def bill(self, account: Account, row: Row, cost: Decimal) -> None:
        """Charge an accepted call, once."""
        if row.state == "billed":
            return
        account.pay(cost)
        self.billed += 1
        self.cost += cost
        row.state, row.cost, row.remaining = "billed", cost, account.balance


def plain(number: Decimal) -> str:
    """A decimal without an exponent, such as 0.000027, also where Python would write 2.7E-5."""
    return format(number, "f")


def reset_headers(reset_at: float, form: str = "") -> list[tuple[bytes, bytes]]:
    """`x-rate-limit-reset-at-utc` for an epoch time, rounded up to whole seconds; its form is nowhere published."""
    moment = datetime.fromtimestamp(math.ceil(reset_at), UTC)
    forms = {
        "": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "offset": moment.isoformat(),
        "space": moment.strftime("%Y-%m-%d %H:%M:%S"),
        "epoch": str(int(moment.timestamp())),
        "milliseconds": str(int(moment.timestamp() * 1000)),
        "http": format_datetime(moment, usegmt=True),
        "past": "2001-01-01T00:00:00Z",
        "far": "2199-01-01T00:00:00Z",
        "garbage": "soon",
    }
    if form == "missing":
        return []
    return [(b"x-rate-limit-reset-at-utc", forms.get(form, forms[""]).encode())]
