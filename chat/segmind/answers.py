"""From a good answer to values that the caller can use, or the error that says why not."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from chat.segmind.bodies import clean
from chat.segmind.errors import Billed, NotAccepted
from chat.segmind.providers import said_in
from chat.segmind.readings import amount
from chat.segmind.received import Answer
from chat.segmind.refusals import Purpose, failed, known, refusal, unusable

State = Literal["queued", "processing", "completed"]
STATES: dict[str, State] = {"QUEUED": "queued", "PROCESSING": "processing", "COMPLETED": "completed"}


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer. An empty text is an outcome of its own: filtered, or nothing to say.

    cost and remaining_credits: in credits; None is "not known", and never zero. provider: whose JSON it came in,
    "" for a plain text.
    """

    text: str = field(repr=False)
    stop_reason: str
    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None
    remaining_credits: Decimal | None
    request_id: str
    generation_seconds: float | None
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """A v2 request that Segmind has accepted."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a v2 request is. A failed one is raised, as Refused."""

    state: State


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left on an account, in credits (USD). None: Segmind named no usable number."""

    credits: Decimal | None
    free_credits: Decimal | None

    @property
    def total(self) -> Decimal | None:
        return None if self.credits is None or self.free_credits is None else self.credits + self.free_credits


def completion_from(answer: Answer) -> Completion:
    """The answer to a v1 call. Raises SegmindError."""
    if not answer.is_ok:
        raise refusal(answer, Purpose.SEND)
    return said(answer)


def result_from(answer: Answer) -> Completion:
    """The result of a v2 request. Raises SegmindError, NotAccepted if it is not finished yet."""
    check_request(answer)
    if answer.state in ("QUEUED", "PROCESSING"):
        raise NotAccepted(kind="upstream", billed=Billed.UNKNOWN, **known(answer))
    return said(answer)


def said(answer: Answer) -> Completion:
    found = said_in(answer.fields)
    if found is None:
        raise unusable(answer, Billed.YES)
    return Completion(
        text=answer.key.mask(clean(found.text)),
        stop_reason=answer.presentable(found.stop_reason, characters=50),
        input_tokens=found.input_tokens,
        output_tokens=found.output_tokens,
        generation_seconds=answer.generation_seconds,
        provider=found.provider,
        **answer.facts,
    )


def submission_from(answer: Answer) -> Submission:
    """The answer to a v2 submission. Raises SegmindError.

    Segmind also names addresses to ask at; they are not followed, the id is all that is needed.
    """
    if not answer.is_ok:
        raise refusal(answer, Purpose.SEND)
    request_id = answer.valid_id(answer.named_id)
    if not request_id:
        raise unusable(answer, Billed.UNKNOWN)
    return Submission(request_id)


def progress_from(answer: Answer) -> Progress:
    """The answer to a v2 status call. Raises SegmindError."""
    check_request(answer)
    state = STATES.get(answer.state)
    if state is None:
        raise NotAccepted(kind="upstream", billed=Billed.UNKNOWN, **known(answer))
    return Progress(state)


def check_request(answer: Answer) -> None:
    """Raise what an answer about a v2 request says is wrong. A GET is free: what can't be read is asked for again."""
    # Segmind: FAILED comes under 422, on the status call as on the result.
    if answer.state == "FAILED" and answer.status < 500:
        raise failed(answer)
    if not answer.is_ok:
        raise refusal(answer, Purpose.FOLLOW)
    if answer.is_page or is_about_another(answer):
        raise NotAccepted(kind="upstream", billed=Billed.UNKNOWN, **known(answer))


def is_about_another(answer: Answer) -> bool:
    """True if the body names a request that was not asked for: an answer must never reach another conversation."""
    named = answer.named_id
    return isinstance(named, str) and named.lower() != answer.asked_for.lower()


def balance_from(answer: Answer) -> Balance:
    """The answer to a balance call. Raises SegmindError; a 404 is an account that has no balance record."""
    if not answer.is_ok:
        raise refusal(answer, Purpose.BALANCE)
    if "credits" not in answer.fields:
        raise unusable(answer, Billed.NO)
    return Balance(amount(answer.fields["credits"]), amount(answer.fields.get("free-credits")))
