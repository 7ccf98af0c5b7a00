"""A Segmind that keeps books: what it accepted for whom, and what it billed. It answers each call as it is told."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import httpx
from django.utils import timezone

PRICE = Decimal("0.0004")
KEPT_FOR = timedelta(hours=1)


class Outcome(StrEnum):
    """What becomes of one call. Those that a kind of call does not have are a plain answer."""

    ANSWERED = "answered"
    UNREACHABLE = "no connection"
    TOO_MANY = "429"
    REFUSED = "400"
    FAULT = "500 with Segmind's JSON"
    GATEWAY = "accepted, and then a machine in between says 502"
    LOST_BEFORE = "lost on the way there"
    LOST_AFTER = "accepted, and the answer lost on the way back"
    UNUSABLE = "accepted, and the answer is garbled"
    UNPRICED = "answered, and the cost is no number"
    SLOW = "still at work"
    MODEL_FAILED = "FAILED, and nothing charged"


@dataclass
class Call:
    """A POST that Segmind has accepted."""

    reply_id: UUID
    question: str
    number: int
    accepted_at: datetime = field(default_factory=timezone.now)
    is_done: bool = False
    has_failed: bool = False

    @property
    def text(self) -> str:
        return f"Answer {self.number} to {self.question}"

    @property
    def request_id(self) -> str:
        return f"request-{self.number}"


class AccountingSegmind:
    """`posts` are all attempts to hand something in; `calls` those accepted; `in_doubt` replies that nobody here
    could know the cost of, whatever they do."""

    def __init__(self) -> None:
        self.posts: list[tuple[UUID, int, str]] = []
        self.calls: list[Call] = []
        self.in_doubt: set[UUID] = set()

    def receive(self, request: httpx.Request, reply_id: UUID, fence: int, outcome: Outcome) -> httpx.Response:
        """The answer to one call of the worker that holds `reply_id` under `fence`. Raises httpx's faults."""
        if request.url.path == "/v1/get-user-credits":
            return httpx.Response(200, json={"credits": 5, "free-credits": 0})
        if request.method == "GET":
            return self.tell(request, reply_id, outcome)
        self.posts.append((reply_id, fence, request.headers["x-api-key"]))
        return self.accept(request, reply_id, outcome)

    def accept(self, request: httpx.Request, reply_id: UUID, outcome: Outcome) -> httpx.Response:
        not_accepted(outcome)
        if outcome is Outcome.LOST_BEFORE:
            self.in_doubt.add(reply_id)
            raise httpx.WriteError("")
        if refusal := refusals().get(outcome):
            return refusal
        call = Call(reply_id, question_in(request), len(self.calls))
        self.calls.append(call)
        is_v1 = request.url.path.startswith("/v1/")
        call.is_done = is_v1
        return self.lost_or_garbled(call, outcome) or (v1_answer(call, outcome) if is_v1 else submitted(call))

    def lost_or_garbled(self, call: Call, outcome: Outcome) -> httpx.Response | None:
        if outcome in (Outcome.LOST_AFTER, Outcome.GATEWAY, Outcome.UNUSABLE, Outcome.UNPRICED):
            self.in_doubt.add(call.reply_id)
        if outcome is Outcome.LOST_AFTER:
            raise httpx.ReadTimeout("")
        garbled = {Outcome.GATEWAY: httpx.Response(502, html="<h1>502</h1>"), Outcome.UNUSABLE: httpx.Response(200)}
        return garbled.get(outcome)

    def tell(self, request: httpx.Request, reply_id: UUID, outcome: Outcome) -> httpx.Response:
        """The answer to a question about a v2 request, which is free."""
        not_accepted(outcome)
        if outcome in (Outcome.LOST_BEFORE, Outcome.LOST_AFTER):
            raise httpx.ReadTimeout("")
        if outcome in (Outcome.GATEWAY, Outcome.FAULT, Outcome.TOO_MANY):
            return refusals().get(outcome) or httpx.Response(502, html="<h1>502</h1>")
        [_, _, _, request_id, *status] = request.url.path.split("/")
        call = next((call for call in self.calls if call.request_id == request_id), None)
        if outcome is Outcome.REFUSED or call is None or timezone.now() > call.accepted_at + KEPT_FOR:
            self.in_doubt.add(reply_id)
            return httpx.Response(404, json={"error": "not found"})
        if call.has_failed or (outcome is Outcome.MODEL_FAILED and not call.is_done):
            call.has_failed = True
            return httpx.Response(422, json={"request_id": request_id, "status": "FAILED", "error": "unsafe"})
        call.is_done = call.is_done or outcome is not Outcome.SLOW
        if status or not call.is_done:
            state = "COMPLETED" if call.is_done else "PROCESSING"
            return httpx.Response(200, json={"request_id": request_id, "status": state})
        self.lost_or_garbled(call, outcome)
        return result(call, outcome)

    def billed(self) -> dict[UUID, Decimal]:
        """What each reply has cost, once all that was accepted has come to its end."""
        costs: dict[UUID, Decimal] = defaultdict(Decimal)
        for call in self.calls:
            costs[call.reply_id] += Decimal(0) if call.has_failed else PRICE
        return costs

    def accepted_per_question(self) -> Counter[str]:
        """How often each question was taken in and not given back as failed."""
        return Counter(call.question for call in self.calls if not call.has_failed)


def not_accepted(outcome: Outcome) -> None:
    if outcome is Outcome.UNREACHABLE:
        raise httpx.ConnectError("")


def refusals() -> dict[Outcome, httpx.Response]:
    reset = {"x-rate-limit-reset-at-utc": (timezone.now() + timedelta(seconds=20)).isoformat()}
    return {
        Outcome.TOO_MANY: httpx.Response(429, json={"error": "too many requests"}, headers=reset),
        Outcome.REFUSED: httpx.Response(400, json={"error": "no"}),
        Outcome.FAULT: httpx.Response(500, json={"error": "our fault"}),
    }


def question_in(request: httpx.Request) -> str:
    """The newest question: those before it that were not answered stand in front of it."""
    content = json.loads(request.content)["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[0]["text"]
    return str(text.split("\n\n")[-1])


def v1_answer(call: Call, outcome: Outcome) -> httpx.Response:
    body = {"choices": [{"message": {"role": "assistant", "content": call.text}, "finish_reason": "stop"}]}
    cost = "NaN" if outcome is Outcome.UNPRICED else str(PRICE)
    return httpx.Response(200, json=body, headers={"x-cost": cost, "x-request-id": call.request_id})


def submitted(call: Call) -> httpx.Response:
    return httpx.Response(200, json={"request_id": call.request_id, "status": "QUEUED"})


def result(call: Call, outcome: Outcome) -> httpx.Response:
    output = {"content": [{"type": "text", "text": call.text}], "stop_reason": "end_turn"}
    metrics = {"cost": None if outcome is Outcome.UNPRICED else float(PRICE)}
    body = {"request_id": call.request_id, "status": "COMPLETED", "output": json.dumps(output), "metrics": metrics}
    return httpx.Response(200, json=body)
