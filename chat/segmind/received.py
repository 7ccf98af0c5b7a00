"""An answer as it came, and what can be told from any of them: whose it is, what it says, what it cost."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, TypedDict

from chat.segmind.bodies import clean, decoded, parsed
from chat.segmind.key import KeyValue
from chat.segmind.readings import amount, amount_in

MAX_DETAIL_CHARACTERS = 2_000
MAX_RAW_BYTES = 64 * 1024
# Segmind: a UUID. It becomes a part of a path, so nothing else gets in.
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Facts(TypedDict):
    """What every outcome of a call carries."""

    request_id: str
    cost: Decimal | None
    remaining_credits: Decimal | None


def headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by their names in lower case; of several with one name, all, separated by commas."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of one answer. `sent` is the body before its content encoding is undone."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    key: KeyValue
    sent: bytes = field(default=b"", repr=False)
    was_read_whole: bool = True
    asked_for: str = ""

    @cached_property
    def _decoded(self) -> tuple[bytes, bool]:
        return decoded(self.sent, self.headers.get("content-encoding", "").strip().lower())

    @property
    def is_whole(self) -> bool:
        return self.was_read_whole and self._decoded[1]

    @cached_property
    def json(self) -> dict[str, Any] | None:
        """The object in the body. None for whatever is no JSON object, too large, or nested too deep."""
        try:
            value = parsed(self._decoded[0]) if self.is_whole else None
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    @property
    def fields(self) -> dict[str, Any]:
        return self.json or {}

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        """True for HTML, or for nothing at all: a machine in between spoke."""
        start = self._decoded[0][:100].lstrip()
        return self.is_whole and (not start or start.startswith(b"<"))

    @property
    def state(self) -> str:
        """Segmind, v2: QUEUED, PROCESSING, COMPLETED or FAILED; "" if the body names none."""
        state = self.fields.get("status")
        return state.upper() if isinstance(state, str) else ""

    @property
    def is_segminds_error(self) -> bool:
        """True for one of Segmind's envelopes, false for a page or a body of a machine in between."""
        return bool(self.fields.get("error")) or self.state == "FAILED"

    @cached_property
    def metrics(self) -> dict[str, Any]:
        metrics = self.fields.get("metrics")
        return metrics if isinstance(metrics, dict) else {}

    @property
    def request_id(self) -> str:
        """The id under which Segmind knows the call; "" for one that is odd."""
        return self.asked_for or self.valid_id(self.headers.get("x-request-id")) or self.valid_id(self.named_id)

    @property
    def named_id(self) -> object:
        return self.fields.get("request_id")

    def valid_id(self, value: object) -> str:
        is_valid = isinstance(value, str) and REQUEST_ID.fullmatch(value) and self.key.mask(value) == value
        return str(value) if is_valid else ""

    @property
    def facts(self) -> Facts:
        """Segmind: v1 has cost and credits in its headers, v2 in `metrics`."""
        return {
            "request_id": self.request_id,
            "cost": self._amount("x-cost", "cost"),
            "remaining_credits": self._amount("x-remaining-credits", "remaining_credits"),
        }

    @property
    def generation_seconds(self) -> float | None:
        seconds = self._amount("x-generation-time", "inference_time")
        return None if seconds is None else float(seconds)

    def _amount(self, header: str, metric: str) -> Decimal | None:
        named = self.headers.get(header)
        return amount(self.metrics.get(metric)) if named is None else amount_in(named.strip())

    @property
    def detail(self) -> str:
        """What Segmind said, as plain text, without the key."""
        return self.presentable(message_of(self.fields))

    @property
    def raw(self) -> str:
        """The start of the body, without the key."""
        start = (self._decoded[0] or self.sent)[:MAX_RAW_BYTES]
        text = self.key.mask(clean(start.decode("utf-8", "replace")))
        return text.encode()[:MAX_RAW_BYTES].decode("utf-8", "ignore")

    def presentable(self, text: str, *, characters: int = MAX_DETAIL_CHARACTERS) -> str:
        """Plain text of at most that many characters, without control characters and without the key."""
        return self.key.mask(CONTROLS.sub("\ufffd", clean(text))).strip()[:characters]


def message_of(fields: dict[str, Any]) -> str:
    """The words of an envelope.

    Segmind: `{"error": "<message>"}`; from the sign-in surface `{"error": "<code>", "error_description": …}`. Some
    providers' errors come through with an object in `error`.
    """
    error = fields.get("error")
    nested = error.get("message") if isinstance(error, dict) else None
    candidates = (fields.get("error_description"), nested, error, fields.get("message"), fields.get("detail"))
    return next((text for text in candidates if isinstance(text, str) and text.strip()), "")
