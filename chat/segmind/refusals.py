"""From an answer that is no success, or a fault on the way, to the error that says what the caller may do next."""

import re
from datetime import datetime
from enum import Enum

import httpx

from chat.segmind.errors import (
    Billed,
    Expired,
    Kind,
    NotAccepted,
    OutcomeUnknown,
    Refused,
    SegmindError,
    UnusableAnswer,
)
from chat.segmind.readings import moment_in
from chat.segmind.received import Answer, Facts

# Raised before the first byte goes out, TLS included.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Purpose(Enum):
    """Why a call is made, which decides what may have been billed when it fails."""

    SEND = "a POST: a new, billable request"
    FOLLOW = "a GET about an earlier request, which may have been billed already"
    BALANCE = "a GET that has nothing to do with any request"

    @property
    def is_free(self) -> bool:
        return self is not Purpose.SEND

    @property
    def billed_if_refused(self) -> Billed:
        """Segmind: only a 200 is billed. But a call that asks after a request says nothing about that one's cost."""
        return Billed.UNKNOWN if self is Purpose.FOLLOW else Billed.NO


KINDS: dict[int, Kind] = {
    400: "request",
    401: "key",
    402: "credits",
    403: "forbidden",
    404: "model",
    410: "model",
    422: "refused",
}

# Segmind: a 406 is one of four, told apart by the message alone. Its published words for two of them are "Insufficient
# credits" (older: "Not enough credits") and "Invalid content type"; a spend limit names the period and the cap.
CONTENT_TYPE = re.compile(r"content[\s_-]?type|media[\s_-]?type", re.IGNORECASE)
SPEND_LIMIT = re.compile(
    r"\b(spend(ing)?|team|daily|weekly|monthly)\b.{0,40}\b(limit|cap|budget|quota)"
    r"|\b(limit|cap|budget|quota)\b.{0,40}\b(spend(ing)?|team)\b",
    re.IGNORECASE | re.DOTALL,
)
CREDITS = re.compile(
    r"\b(insufficient|enough|no|low|out of|add|more|exhausted|zero|negative)\b.*\b(credits?|balance|funds?)\b"
    r"|\b(credits?|balance|funds?)\b.*\b(insufficient|exhausted|too low|not enough|zero|negative|ran out|depleted)",
    re.IGNORECASE | re.DOTALL,
)
VALUE = re.compile(
    r"\b(invalid|value|parameter|param|field|must|should|allowed|supported|unsupported|range|between|greater|less"
    r"|exceeds?|expected|required|missing|malformed|unknown|temperature|messages?)\b",
    re.IGNORECASE,
)


def refusal(answer: Answer, purpose: Purpose) -> SegmindError:
    """The error for an answer that brings no result. Segmind: the meaning of each status is on its API pages."""
    if answer.status == 429:
        return NotAccepted(kind="rate", retry_at=reset_of(answer), billed=purpose.billed_if_refused, **known(answer))
    # Segmind: an HTML page, and a defect on our side.
    if answer.status == 405:
        return Refused(kind="request", billed=purpose.billed_if_refused, **known(answer))
    if not (400 <= answer.status < 500 and answer.is_segminds_error):
        return fault_of_the_other_side(answer, purpose)
    if purpose is Purpose.FOLLOW and answer.status == 404:
        return Expired(kind="upstream", **known(answer))
    if purpose is Purpose.FOLLOW and answer.status == 422:
        return failed(answer)
    return Refused(kind=kind_of(answer, purpose), billed=purpose.billed_if_refused, **known(answer))


def fault_of_the_other_side(answer: Answer, purpose: Purpose) -> SegmindError:
    """A 5xx, a redirect, or something else than JSON where JSON was due."""
    if purpose.is_free:
        return NotAccepted(kind="upstream", billed=purpose.billed_if_refused, **known(answer))
    if answer.status == 500 and answer.is_segminds_error:
        return Refused(kind="upstream", billed=Billed.NO, may_retry_once=True, **known(answer))
    return unusable(answer, Billed.UNKNOWN)


def failed(answer: Answer) -> SegmindError:
    """Segmind, v2: the model ran and failed, or the content was blocked; nothing is charged."""
    return Refused(kind="refused", billed=Billed.NO, **known(answer))


def unusable(answer: Answer, billed: Billed) -> SegmindError:
    return UnusableAnswer(kind="upstream", billed=billed, **known(answer))


def kind_of(answer: Answer, purpose: Purpose) -> Kind:
    if answer.status == 406:
        return kind_of_406(answer.detail)
    # Segmind: "No credits found for the user", said of an account without a balance record.
    if purpose is Purpose.BALANCE and answer.status == 404:
        return "credits"
    return KINDS.get(answer.status, "request")


def kind_of_406(message: str) -> Kind:
    """Told apart by robust words. The API pages call every 406 a want of credits, so that is what no word means."""
    if CONTENT_TYPE.search(message):
        return "request"
    if SPEND_LIMIT.search(message):
        return "spend-limit"
    if CREDITS.search(message) or not VALUE.search(message):
        return "credits"
    return "request"


def reset_of(answer: Answer) -> datetime | None:
    return moment_in(answer.headers.get("x-rate-limit-reset-at-utc", ""))


class Known(Facts):
    """What every error tells of the answer it was made from."""

    status: int
    detail: str
    raw: str


def known(answer: Answer) -> Known:
    return {"status": answer.status, "detail": answer.detail, "raw": answer.raw, **answer.facts}


def lost(fault: Exception, purpose: Purpose, begun: Answer) -> SegmindError:
    """The error for a fault on the way; `begun` is what had arrived of the answer, with status 0 if nothing had."""
    raw, status = begun.presentable(f"{type(fault).__name__}: {fault}"), begun.status or None
    if purpose.is_free or isinstance(fault, NOT_SENT):
        billed = purpose.billed_if_refused
        return NotAccepted(kind="unreachable", billed=billed, status=status, raw=raw, **begun.facts)
    # Whatever the fault is: some of the bytes may be out.
    return OutcomeUnknown(kind="upstream", status=status, raw=raw, **begun.facts)
