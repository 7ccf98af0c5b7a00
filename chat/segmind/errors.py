"""What can go wrong, sorted by what the caller may do next."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Literal

Kind = Literal[
    "credits", "spend-limit", "key", "forbidden", "model", "rate", "refused", "request", "upstream", "unreachable"
]


class Billed(StrEnum):
    """Whether the call was billed. Whoever can't say `no` must not send again."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class SegmindError(Exception):
    """Any failure of a call.

    kind: which plain sentence tells it · detail: what Segmind said, plain text of at most 2,000 characters, "" if
    nothing · status: of HTTP, None if no answer came · retry_at: when a 429 ends · cost, remaining_credits: in
    credits, None if not known · raw: for the administrator, the start of the body or the fault on the way, at most
    64 kB · may_retry_once: the same may be sent once more. The key is masked in all of them.
    """

    billed_by_default: ClassVar[Billed] = Billed.UNKNOWN

    def __init__(
        self,
        *,
        kind: Kind,
        detail: str = "",
        status: int | None = None,
        billed: Billed | None = None,
        retry_at: datetime | None = None,
        request_id: str = "",
        cost: Decimal | None = None,
        remaining_credits: Decimal | None = None,
        raw: str = "",
        may_retry_once: bool = False,
    ) -> None:
        super().__init__()
        self.kind = kind
        self.detail = detail
        self.status = status
        self.billed = billed or self.billed_by_default
        self.retry_at = retry_at
        self.request_id = request_id
        self.cost = cost
        self.remaining_credits = remaining_credits
        self.raw = raw
        self.may_retry_once = may_retry_once

    # What Segmind said may repeat the prompt, and this text ends up in logs.
    def __str__(self) -> str:
        return f"{self.kind}, status {self.status}, billed {self.billed}, request {self.request_id or 'unknown'}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


class Refused(SegmindError):
    """Segmind said no. Tell the person; sending the same again would end the same way."""

    billed_by_default = Billed.NO


class NotAccepted(SegmindError):
    """The same may be sent again, later: no byte went out, or a 429, or any fault of a GET, which is free."""

    billed_by_default = Billed.NO


class OutcomeUnknown(SegmindError):
    """It was sent and the answer never came: it may be running, and billed. Only a person may send it again."""


class UnusableAnswer(SegmindError):
    """An answer nobody can use, from Segmind or a machine in between. Never repeated by machine."""


class Expired(SegmindError):
    """Segmind no longer has the result. It was produced, perhaps, and is gone."""
