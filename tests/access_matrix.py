"""Every address of the site, who asks for it, and the word for what they get; the table is access_matrix.txt."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver

TABLE = Path(__file__).with_suffix(".txt")
PEOPLE = ("nobody", "disabled", "owner", "member", "auditor", "administrator")
METHODS = ("GET", "POST")
WORDS = {200: "ok", 204: "ok", 400: "invalid", 403: "forbidden", 404: "missing", 405: "method", 422: "invalid"}
WORDS[503] = "unready"
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Row:
    """What each of PEOPLE gets at an address by a method."""

    address: str
    method: str
    outcomes: tuple[str, ...]

    def __str__(self) -> str:
        columns = "".join(f" {word:<13}" for word in self.outcomes)
        return f"{self.address:<63} {self.method:<4}{columns}".rstrip()


def addresses() -> list[str]:
    """All that Django's URL resolver knows, such as "/c/<uuid:conversation_id>/", each once, in its order."""
    return list(dict.fromkeys(simplify_regex(route) for route in routes(get_resolver(), "")))


def routes(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from routes(entry, route)


def table() -> list[Row]:
    """The rows of access_matrix.txt. Raises ValueError for a line that does not have all columns."""
    lines = [line.split() for line in TABLE.read_text().splitlines() if line.startswith("/")]
    short = [line for line in lines if len(line) != 2 + len(PEOPLE)]
    if short:
        raise ValueError(f"A row is an address, a method and {len(PEOPLE)} words: {short}")
    return [Row(address, method, tuple(words)) for address, method, *words in lines]


def outcome(response: Any) -> str:
    """What an answer comes to, in a word; the table's first lines explain them. Unforeseen statuses are a number."""
    if 300 <= response.status_code < 400:
        return goal_of(response)
    if response.status_code == 200 and has_refused_form(response):
        return "invalid"
    return WORDS.get(response.status_code, str(response.status_code))


def goal_of(response: Any) -> str:
    address = response.headers["Location"]
    if address.startswith("/admin/login/"):
        # Those who are signed in are refused there, since there is no other sign-in.
        return outcome(response.client.get(address))
    if address.startswith("/accounts/login/?next="):
        return "sign-in"
    return "confirm" if "/reauthenticate/" in address else "elsewhere"


def has_refused_form(response: Any) -> bool:
    """allauth and the admin answer 200 with a form that was refused."""
    context = getattr(response, "context", None) or {}
    forms = [context[name] for name in ("form", "adminform") if name in context]
    return any(getattr(form, "errors", None) for form in forms)
