"""Numbers and times as Segmind names them. Whatever is odd is None, "not known", and never zero."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

# More credits or seconds than this in one call is a defect, not a number to add up.
LARGEST_AMOUNT = Decimal(10**9)
LARGEST_COUNT = 2**31 - 1
AMOUNT = re.compile(r"\d{1,30}(\.\d{1,60})?([eE][+-]?\d{1,3})?", re.ASCII)
EPOCH = re.compile(r"(\d{10}|\d{13})(\.\d{1,9})?", re.ASCII)
SPACED_OFFSET = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")


def amount(value: object) -> Decimal | None:
    """A number of a JSON body. None for NaN, infinite, negative, a boolean, a text, or nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    return abs(value) if 0 <= value <= LARGEST_AMOUNT else None


def amount_in(header: str) -> Decimal | None:
    """A number of a header, by the same rules."""
    return amount(Decimal(header)) if AMOUNT.fullmatch(header) else None


def count(value: object) -> int | None:
    """A number of tokens."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT:
        return value
    return None


def moment_in(header: str) -> datetime | None:
    """The time of a reset, aware, in UTC. Past and far ones too: the caller decides how long it waits.

    Segmind: `x-rate-limit-reset-at-utc`; its form is nowhere published, so ISO, the date of HTTP, and seconds or
    milliseconds since 1970 are understood. A time without a zone is in UTC, as the name says.
    """
    text = header.strip()
    try:
        if EPOCH.fullmatch(text):
            return from_epoch(text)
        moment = iso(text) if text[:1].isdigit() else parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def from_epoch(text: str) -> datetime:
    whole = text.partition(".")[0]
    return datetime.fromtimestamp(float(text) / (1000 if len(whole) == 13 else 1), UTC)


def iso(text: str) -> datetime:
    """Also with a space before the offset and "UTC" at the end, as some servers print a time."""
    return datetime.fromisoformat(SPACED_OFFSET.sub("", text.removesuffix("UTC").removesuffix("GMT").strip()))
