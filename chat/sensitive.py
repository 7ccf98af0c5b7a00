"""What in a text looks as if it should not be shown to others: keys, mail addresses, phone numbers.

It points out and masks; it proves nothing. Each pattern looks a bounded way ahead from each character, so the time is
linear in the length of the text.
"""

import hashlib
import html
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from string import punctuation

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    KEY = "key", _("key")
    MAIL = "mail", _("mail address")
    PHONE = "phone", _("phone number")


MASKS = {Kind.KEY: _("[key masked]"), Kind.MAIL: _("[mail address masked]"), Kind.PHONE: _("[phone number masked]")}

# Segmind's own, and those of the services whose keys people paste most.
PREFIXES = (
    r"sg_|sk-|[sprw]k_(?:live|test)_|gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|hf_|npm_|pypi-|ya29\.|AIza|AKIA|ASIA"
)
KEY = re.compile(rf"(?<![A-Za-z0-9])(?:{PREFIXES})[\w.\-]{{8,1000}}(?<![.\-])", re.IGNORECASE)
PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----")
PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----")
WEB_TOKEN = re.compile(r"(?<![\w-])eyJ[\w-]{10,2000}\.[\w-]{10,4000}(?:\.[\w-]{1,1000})?")
# A run as long and as mixed as chance makes it, and words do not.
RUN = re.compile(r"(?<![\w+/=-])[\w+/=-]{20,500}(?![\w+/=-])")
LEAST_BITS = 3.0
LEAST_CHANGES = 0.3
MAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
PHONE = re.compile(
    r"(?<![\w.,/:=-])"
    r"(?:\+\d|00\d|\((?=\+?\d{1,5}\))\+?\d|0\d|\d{3}[ .\-]\d{3}[ .\-]\d{4}(?!\d))"
    r"(?:[ ()/.\-]{0,3}\d){0,14}(?![\w])"
)
DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
DIGITS = range(7, 16)
# What stands for one character in Markdown: readers see that, and not what is written.
WRITTEN = re.compile(
    rf"&(?:#\d{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}});|\\[{re.escape(punctuation)}]"
)


@dataclass(frozen=True)
class Span:
    """A place in a text, and what stands there."""

    start: int
    end: int
    kind: Kind
    value: str

    @property
    def digest(self) -> str:
        """Names the value without holding it: the same wherever it stands."""
        return hashlib.sha256(f"{self.kind}:{self.value}".encode()).hexdigest()[:16]


def spans_in(text: str) -> list[Span]:
    """All that looks private, from left to right. What overlaps is one, named after what begins first."""
    found: list[Span] = []
    rank = list(Kind).index
    for span in sorted({*candidates(text), *candidates_as_read(text)}, key=lambda span: (span.start, rank(span.kind))):
        if found and span.start < found[-1].end:
            first = found[-1]
            end = max(first.end, span.end)
            found[-1] = Span(first.start, end, first.kind, text[first.start : end])
        else:
            found.append(span)
    return found


def masked(text: str, *, but: Collection[str] = ()) -> str:
    """The text with a word in place of each thing that looks private, except for those whose digest is in `but`."""
    pieces, position = [], 0
    for span in spans_in(text):
        if span.digest not in but:
            pieces += [text[position : span.start], str(MASKS[span.kind])]
            position = span.end
    return "".join([*pieces, text[position:]])


def candidates(text: str) -> Iterator[Span]:
    yield from private_keys(text)
    for pattern in (KEY, WEB_TOKEN):
        for match in pattern.finditer(text):
            yield span_of(match, Kind.KEY)
    yield from (span_of(match, Kind.KEY) for match in RUN.finditer(text) if is_random(match[0]))
    yield from (span_of(match, Kind.MAIL) for match in MAIL.finditer(text))
    yield from (span_of(match, Kind.PHONE) for match in PHONE.finditer(text) if is_number(match[0]))


def candidates_as_read(text: str) -> Iterator[Span]:
    """What looks private only to those who see "@" where "&#64;" is written. Places are those of `text`."""
    pieces: list[str] = []
    starts: list[int] = []
    position = 0
    for match in WRITTEN.finditer(text):
        pieces += [text[position : match.start()], as_read(match[0])]
        starts += [*range(position, match.start()), *[match.start()] * len(pieces[-1])]
        position = match.end()
    if not pieces:
        return
    pieces.append(text[position:])
    starts += range(position, len(text) + 1)
    for span in candidates("".join(pieces)):
        start, last = starts[span.start], starts[span.end - 1]
        written = WRITTEN.match(text, last)
        end = written.end() if written else last + 1
        yield Span(start, end, span.kind, text[start:end])


def as_read(written: str) -> str:
    return written[1] if written[0] == "\\" else html.unescape(written)


def span_of(match: re.Match[str], kind: Kind) -> Span:
    return Span(match.start(), match.end(), kind, match[0])


def private_keys(text: str) -> Iterator[Span]:
    """From the first line of a PEM block to its last; to the end of the text where there is none."""
    position = 0
    while begin := PEM_BEGIN.search(text, position):
        end = PEM_END.search(text, begin.end())
        position = end.end() if end else len(text)
        yield Span(begin.start(), position, Kind.KEY, text[begin.start() : position])


def is_random(run: str) -> bool:
    """Letters in both cases and digits, or digits of base 16; no letter much more often than others, and well mixed.

    A path or a heading has such letters too, but whole words of one kind.
    """
    letters = {letter for letter in run if letter.isalnum()}
    is_mixed = any(c.isdigit() for c in run) and any(c.isupper() for c in run) and any(c.islower() for c in run)
    is_hexadecimal = len(run) >= 32 and letters <= set("0123456789abcdefABCDEF") and any(c.isdigit() for c in run)
    if not (is_mixed or is_hexadecimal) or bits_per_character(run) < LEAST_BITS:
        return False
    kinds = [(c.isdigit(), c.isupper()) for c in run if c.isalnum()]
    return sum(a != b for a, b in pairwise(kinds)) / len(kinds) >= LEAST_CHANGES


def bits_per_character(run: str) -> float:
    return -sum(count / len(run) * math.log2(count / len(run)) for count in Counter(run).values())


def is_number(run: str) -> bool:
    return sum(c.isdigit() for c in run) in DIGITS and DATE.match(run) is None
