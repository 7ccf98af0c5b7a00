"""The control address: what tests set, and what they read. Under /control/, on the same port, without a key."""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs

from tests.sandbox.calls import Calls
from tests.sandbox.exchange import Exchange
from tests.sandbox.faults import WORDS, FaultBook, Queued, unknown_words, words_in
from tests.sandbox.jobs import Jobs
from tests.sandbox.ledger import Account, Ledger, Row, plain
from tests.sandbox.refusals import Refusal, Response, bad_request, page, refuse

PLACES = ("post", "status", "result", "balance")
Fields = dict[str, Any]


async def control(calls: Calls, exchange: Exchange) -> None:
    """Answer a request under /control/. Raises Refusal: 400 for what it does not understand."""
    name = exchange.path.removeprefix("/control/")
    if (exchange.method, name) not in ACTIONS:
        raise Refusal(page("method")) if any(name == known for _, known in ACTIONS) else refuse("no-route")
    fields = await _fields(exchange) if exchange.method == "POST" else _query(exchange)
    try:
        answer = ACTIONS[exchange.method, name](calls, fields)
    except (TypeError, ValueError, InvalidOperation) as problem:
        raise bad_request(f"{name}: {problem}") from problem
    await exchange.answer(Response(200, json.dumps(answer).encode()))


async def _fields(exchange: Exchange) -> Fields:
    """The JSON of the body; its content type keeps web pages of other sites from posting here."""
    if not exchange.is_json():
        raise refuse("content-type")
    try:
        fields = json.loads(await exchange.body() or b"{}", parse_float=Decimal)
    except ValueError as problem:
        raise bad_request(f"not JSON: {problem}") from problem
    if not isinstance(fields, dict):
        raise bad_request("expected a JSON object")
    return fields


def _query(exchange: Exchange) -> Fields:
    query = parse_qs(exchange.scope.get("query_string", b"").decode("latin-1"))
    return {name: values[-1] for name, values in query.items()}


def queue_fault(calls: Calls, fields: Fields) -> Fields:
    """The next `times` calls (of `key`, of `slug`, at `on`) get `fault`, such as "drop" or "latency=2 server-error"."""
    words = str(fields.pop("fault", "")).split()
    faults = words_in(" ".join(f"sandbox:{word}" for word in words))
    if not faults or unknown_words(faults):
        raise ValueError(f"unknown fault: {' '.join(words) or '(none)'}")
    queued = Queued(faults, **{**fields, "times": int(fields.get("times", 1))})
    if queued.on not in PLACES:
        raise ValueError(f"'on' must be one of {', '.join(PLACES)}")
    calls.book.queued.append(queued)
    return show_faults(calls, {})


def show_faults(calls: Calls, fields: Fields) -> Fields:
    pending = [
        {"fault": entry.faults, "times": entry.times, "key": entry.key, "slug": entry.slug, "on": entry.on}
        for entry in calls.book.queued
    ]
    return {"pending": pending, "known": WORDS}


def clear_faults(calls: Calls, fields: Fields) -> Fields:
    calls.book.queued.clear()
    return show_faults(calls, fields)


def _money(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


ACCOUNT_FIELDS: dict[str, Callable[[Any], object]] = {
    "credits": _money,
    "free_credits": lambda value: _money(value) or Decimal(0),
    "spend_limit": _money,
    "spend_period": str,
    "rate": lambda value: None if value is None else int(value),
    "window_seconds": float,
    "reset_form": str,
}


def set_account(calls: Calls, fields: Fields) -> Fields:
    """Set credits, limits and rate of the account of `key`; what is not named stays."""
    account = _account(calls, fields)
    for name in fields.keys() - {"key"}:
        if name not in ACCOUNT_FIELDS:
            raise ValueError(f"unknown field: {name}")
        setattr(account, name, ACCOUNT_FIELDS[name](fields[name]))
    account.window_ends = account.blocked_until = 0.0
    return _account_shown(account)


def show_account(calls: Calls, fields: Fields) -> Fields:
    return _account_shown(_account(calls, fields))


def _account(calls: Calls, fields: Fields) -> Account:
    account = calls.ledger.account(str(fields.get("key", "")))
    if account is None:
        raise ValueError("'key' must be SG_5a and 14 hexadecimal characters")
    return account


def _account_shown(account: Account) -> Fields:
    names = ("key", *ACCOUNT_FIELDS, "posts", "accepted", "billed", "spent")
    return {name: _shown(getattr(account, name)) for name in names}


def show_ledger(calls: Calls, fields: Fields) -> Fields:
    """The totals, and the rows after number `after`, oldest first; filters: key, slug, state, prompt (a part of it)."""
    ledger = calls.ledger
    totals: Ledger | Account = ledger.accounts.get(fields["key"], Account("")) if "key" in fields else ledger
    rows = _rows(ledger, fields)
    return {
        "posts": totals.posts,
        "accepted": totals.accepted,
        "billed": totals.billed,
        "cost": plain(totals.spent if isinstance(totals, Account) else totals.cost),
        "forgotten": ledger.posts - len(ledger.rows),
        "rows": [{name: _shown(getattr(row, name)) for name in Row.__slots__} for row in rows],
    }


def _rows(ledger: Ledger, fields: Fields) -> list[Row]:
    after, limit = int(fields.get("after", 0)), int(fields.get("limit", 10_000))
    matching = [
        row
        for row in ledger.rows
        if row.number > after
        and row.key == fields.get("key", row.key)
        and row.slug == fields.get("slug", row.slug)
        and row.state == fields.get("state", row.state)
        and fields.get("prompt", "") in row.prompt
    ]
    return matching[:limit]


def _shown(value: object) -> object:
    return plain(value) if isinstance(value, Decimal) else value


def set_latency(calls: Calls, fields: Fields) -> Fields:
    calls.latency_seconds = min(max(float(fields["seconds"]), 0.0), 600.0)
    return {"seconds": calls.latency_seconds}


def release(calls: Calls, fields: Fields) -> Fields:
    return {"released": calls.release(str(fields.get("key", "")))}


def reset(calls: Calls, fields: Fields) -> Fields:
    """Forget accounts, ledger, requests and faults. Calls in flight end in the old books."""
    calls.release("")
    calls.ledger, calls.book, calls.jobs = Ledger(), FaultBook(), Jobs()
    return show_ledger(calls, {})


ACTIONS: dict[tuple[str, str], Callable[[Calls, Fields], Fields]] = {
    ("POST", "faults"): queue_fault,
    ("GET", "faults"): show_faults,
    ("DELETE", "faults"): clear_faults,
    ("POST", "accounts"): set_account,
    ("GET", "accounts"): show_account,
    ("GET", "ledger"): show_ledger,
    ("POST", "latency"): set_latency,
    ("POST", "release"): release,
    ("POST", "reset"): reset,
}
