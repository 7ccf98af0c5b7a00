"""What goes wrong on request: by magic words in the last user message, or queued through the control address."""

import math
import re
from collections import OrderedDict
from dataclasses import dataclass, field

Faults = dict[str, str]

# Each word and what it does. README.md says which values each takes.
WORDS = {
    "credits": "406, not enough credits",
    "spend-limit": "406, the team's spend limit",
    "value": "406, a value refused",
    "content-type": "406, wrong content type",
    "bad-request": "400",
    "unauthorized": "401",
    "forbidden": "403",
    "missing": "404, no such model",
    "method": "405 in HTML",
    "retired": "410",
    "fail": "the model ran and failed: 422, on v2 as FAILED",
    "rate": "429 until so many seconds have passed, once",
    "server-error": "500 in JSON",
    "bad-gateway": "502 in HTML",
    "unavailable": "503 in HTML",
    "timeout": "504 in HTML",
    "html": "200 in HTML",
    "redirect": "307 to another address",
    "silent": "never answers (10 minutes)",
    "drop": "closes the connection instead of answering",
    "drip": "sends the answer in small pieces, so many seconds apart",
    "malformed": "200 with a body that can't be used",
    "latency": "takes so many seconds",
    "queue": "v2: stays QUEUED for so many seconds",
    "hold": "works until POST /control/release",
    "stuck": "v2: stays PROCESSING for ever; v1: as silent",
    "expired": "v2: done and billed, but the result is gone",
    "empty": "an answer without text",
    "filtered": "an answer stopped by a content filter, without text",
    "length": "an answer cut off by its length",
    "long": "an answer of so many kilobytes",
    "hostile": "an answer full of script, forms, hx- attributes and remote images",
    "surrogates": "an answer with NUL and a lone surrogate",
    "parts": "the text of the answer in several parts",
    "as": "the answer in another provider's format",
    "output": "v2: the form of `output`",
    "nan": "the cost is NaN, or the value given",
    "no-accounting": "no cost, no balance, no times",
    "reset": "with rate: the form of the reset header",
    "at": "v2: where an error strikes: submit, status or result",
    "billed": "bill, although the answer is an error",
    "unbilled": "do not bill, although billing is the rule",
}
REFUSALS = (
    "unauthorized",
    "forbidden",
    "missing",
    "method",
    "retired",
    "bad-request",
    "content-type",
    "value",
    "credits",
    "spend-limit",
    "server-error",
)
PAGES = ("bad-gateway", "unavailable", "timeout", "html")
# A number after one of these says how many times it strikes; without one it always does.
COUNTED = (*REFUSALS, *PAGES, "fail", "silent", "drop", "malformed", "redirect")
BILLED_BY_RULE = ("drop", "html", "malformed")

_WORD = re.compile(r"sandbox:([a-z-]+)(?:=([^\s]+))?")
_COUNTS_KEPT = 20_000


def words_in(text: str) -> Faults:
    """The words `sandbox:<fault>` and `sandbox:<fault>=<value>` of a text; unknown ones too, for the answer to name."""
    if "sandbox:" not in text:
        return {}
    return {name.rstrip("-"): value.rstrip(".,;!?)'\"`") for name, value in _WORD.findall(text)}


def unknown_words(faults: Faults) -> list[str]:
    return [name for name in faults if name not in WORDS]


def amount(faults: Faults, name: str, default: float = 0.0, highest: float = 3600.0) -> float:
    """The number a fault has as its value (seconds, mostly), from 0 to `highest`; `default` if there is none."""
    try:
        value = float(faults[name])
    except (KeyError, ValueError):
        return default
    return default if math.isnan(value) else min(max(value, 0.0), highest)


def is_billed(faults: Faults, name: str) -> bool:
    """Whether an error that strikes after the call was accepted costs money."""
    return "billed" in faults or (name in BILLED_BY_RULE and "unbilled" not in faults)


@dataclass(slots=True)
class Queued:
    """The next `times` calls of a key and of a slug (empty: of any) meet these faults, at one of the four places."""

    faults: Faults
    times: int = 1
    key: str = ""
    slug: str = ""
    on: str = "post"

    def strikes(self, *, key: str, slug: str, on: str) -> bool:
        return self.on == on and self.key in ("", key) and self.slug in ("", slug)


@dataclass(slots=True)
class FaultBook:
    """Remembers what was queued, and how often each counted fault has struck already. Bounded."""

    queued: list[Queued] = field(default_factory=list)
    struck: OrderedDict[tuple[str, ...], int] = field(default_factory=OrderedDict)

    def take(self, *, key: str, slug: str, on: str) -> Faults:
        """The queued faults for this call, each used up by one."""
        taken: Faults = {}
        for entry in [entry for entry in self.queued if entry.strikes(key=key, slug=slug, on=on)]:
            taken.update(entry.faults)
            entry.times -= 1
            if entry.times < 1:
                self.queued.remove(entry)
        return taken

    def due(self, faults: Faults, names: tuple[str, ...], *scope: str) -> str:
        """The first of `names` that strikes now, or "". A count in its value is kept per `scope`."""
        for name in names:
            if name in faults and self._strikes(name, faults[name], scope):
                return name
        return ""

    def first_time(self, *scope: str) -> bool:
        return self._count(scope) == 1

    def _strikes(self, name: str, value: str, scope: tuple[str, ...]) -> bool:
        if name not in COUNTED or not value.isdecimal():
            return True
        return self._count((name, *scope)) <= int(value)

    def _count(self, scope: tuple[str, ...]) -> int:
        count = self.struck[scope] = self.struck.get(scope, 0) + 1
        if len(self.struck) > _COUNTS_KEPT:
            self.struck.popitem(last=False)
        return count
