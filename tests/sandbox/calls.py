"""The calls of the contract: v1, v2 with its polling, and the balance."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from tests.sandbox.accounting import answer_to, result_of, status_of, submission
from tests.sandbox.catalogue import MODELS, Model
from tests.sandbox.delivery import STRIKES, deliver
from tests.sandbox.exchange import SILENCE_SECONDS, Exchange
from tests.sandbox.faults import REFUSALS, FaultBook, Faults, amount, is_billed
from tests.sandbox.jobs import Call, Job, Jobs
from tests.sandbox.ledger import Account, Ledger, Row, plain, reset_headers
from tests.sandbox.questions import Question, read_question
from tests.sandbox.refusals import TEXTS, Refusal, Response, envelope, error, page, refuse, too_many

ON_REQUEST_SECONDS = 5.0


@dataclass(slots=True)
class Calls:
    """All that the stand-in remembers, and what each call does to it. `latency_seconds` is that of a typical model."""

    latency_seconds: float = 0.0
    ledger: Ledger = field(default_factory=Ledger)
    book: FaultBook = field(default_factory=FaultBook)
    jobs: Jobs = field(default_factory=Jobs)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    async def answer_at_once(self, exchange: Exchange, slug: str) -> None:
        """POST /v1/{slug}: block until the model has answered; accounting in the headers."""
        call = await self._begin(exchange, slug, "v1")
        await self._work(call)
        if "stuck" in call.faults:
            call.faults["silent"] = ""
        if self._strike(call.faults, ("fail",), call):
            self._settle(call, billed=False, status=422)
            raise Refusal(envelope(422, _text_of_failure(call.faults)))
        strike = self._strike(call.faults, STRIKES, call)
        self._settle(call, billed=not strike or is_billed(call.faults, strike))
        await deliver(exchange, answer_to(call), strike, call.faults)

    async def submit(self, exchange: Exchange, slug: str) -> None:
        """POST /v2/{slug}: answer with a request id, work in the background."""
        call = await self._begin(exchange, slug, "v2")
        strike = self._strike(call.faults, STRIKES, call) if _place(call.faults) == "submit" else ""
        if not strike or is_billed(call.faults, strike):
            waits = call.work_seconds or call.queue_seconds or "hold" in call.faults
            await self.jobs.start(call, self._finish, in_background=bool(waits))
        else:
            self._settle(call, billed=False)
        await deliver(exchange, submission(call, exchange.address), strike, call.faults)

    async def poll(self, exchange: Exchange, request_id: str, place: str) -> None:
        """GET /v2/requests/{id}/status and GET /v2/requests/{id}: `place` is "status" or "result"."""
        account = self._account(exchange)
        job = self.jobs.find(request_id, account.key)
        if job is None:
            raise refuse("no-request", request_id=request_id)
        faults = self._faults_of_poll(job, place)
        scope = (account.key, request_id, place)
        if name := self.book.due(faults, REFUSALS, *scope):
            raise Refusal(error_on_request(name, faults, account, job.call.question.model))
        self._check_rate(faults, account, *scope)
        response = status_of(job) if place == "status" else result_of(job)
        await deliver(exchange, response, self.book.due(faults, STRIKES, *scope), faults)

    async def balance(self, exchange: Exchange) -> None:
        """GET /v1/get-user-credits: free of charge."""
        account = self._account(exchange)
        faults = self.book.take(key=account.key, slug="", on="balance")
        if name := self.book.due(faults, REFUSALS, account.key, "balance"):
            raise Refusal(error_on_request(name, faults, account, None))
        self._check_rate(faults, account, account.key, "balance")
        if account.credits is None:
            raise refuse("no-balance")
        await asyncio.sleep(amount(faults, "latency"))
        body = f'{{"credits": {plain(account.credits)}, "free-credits": {plain(account.free_credits)}}}'
        strike = self.book.due(faults, STRIKES, account.key, "balance")
        await deliver(exchange, Response(200, body.encode()), strike, faults)

    def release(self, key: str) -> int:
        """Let the held calls of a key (empty: of all) go on; how many gates that opened."""
        keys = [held for held in self.gates if key in ("", held)]
        for held in keys:
            self.gates.pop(held).set()
        return len(keys)

    def _account(self, exchange: Exchange) -> Account:
        account = self.ledger.account(exchange.key())
        if account is None:
            raise refuse("unauthorized")
        return account

    async def _begin(self, exchange: Exchange, slug: str, version: str) -> Call:
        """All that happens before a call may cost money. Raises Refusal."""
        account = self._account(exchange)
        body = await exchange.body()
        row = self.ledger.note(account, slug, version, time.time())
        try:
            call = await self._checked(exchange, body, account, row)
        except Refusal as refusal:
            row.status = refusal.response.status
            raise
        self.ledger.accept(account, row, call.request_id)
        return call

    async def _checked(self, exchange: Exchange, body: bytes, account: Account, row: Row) -> Call:
        account.admit(row.at)
        model = MODELS.get(row.slug)
        if model is None:
            raise refuse("missing", slug=row.slug)
        if not exchange.is_json():
            raise refuse("content-type")
        question = read_question(body, model=model, version=row.version)
        faults = self.book.take(key=account.key, slug=row.slug, on="post") | question.faults
        row.note(question, faults)
        if faults:
            await self._refuse_on_request(account, question, faults)
        account.afford(model.cost)
        work_seconds = amount(faults, "latency", self.latency_seconds * model.latency_factor)
        return Call(account, row, question, faults, work_seconds)

    async def _refuse_on_request(self, account: Account, question: Question, faults: Faults) -> None:
        if question.version == "v2" and _place(faults) != "submit":
            return
        scope = (account.key, question.digest)
        if name := self.book.due(faults, REFUSALS, *scope):
            await asyncio.sleep(amount(faults, "latency"))
            raise Refusal(error_on_request(name, faults, account, question.model))
        self._check_rate(faults, account, *scope)

    def _check_rate(self, faults: Faults, account: Account, *scope: str) -> None:
        """`sandbox:rate`: the first time, close the account until the reset. Raises Refusal."""
        if "rate" in faults and self.book.first_time("rate", *scope):
            account.reset_form = faults.get("reset", "")
            account.blocked_until = time.time() + amount(faults, "rate", ON_REQUEST_SECONDS)
            raise too_many(reset_headers(account.blocked_until, account.reset_form))

    async def _work(self, call: Call) -> None:
        """Take as long as the model does; a held call goes on when it is released, or after ten minutes."""
        seconds = call.work_seconds + (call.queue_seconds if "queue" in call.faults else 0)
        if seconds:
            await asyncio.sleep(seconds)
        if "hold" in call.faults:
            gate = self.gates.setdefault(call.account.key, asyncio.Event())
            with suppress(TimeoutError):
                await asyncio.wait_for(gate.wait(), SILENCE_SECONDS)

    async def _finish(self, job: Job) -> None:
        """The background half of a v2 call."""
        call = job.call
        if "stuck" in call.faults:
            return
        await self._work(call)
        if self._strike(call.faults, ("fail",), call):
            job.failure = _text_of_failure(call.faults)
            self._settle(call, billed=False, status=422)
        else:
            self._settle(call, billed=True)
        job.ended_at = time.monotonic()

    def _strike(self, faults: Faults, names: tuple[str, ...], call: Call) -> str:
        return self.book.due(faults, names, call.account.key, call.question.digest) if faults else ""

    def _settle(self, call: Call, *, billed: bool, status: int = 200) -> None:
        if billed:
            self.ledger.bill(call.account, call.row, call.question.model.cost)
        else:
            call.row.state, call.row.status = "unbilled", status

    def _faults_of_poll(self, job: Job, place: str) -> Faults:
        """What shall strike here: queued for it, or asked for in the message with `sandbox:at=<place>`."""
        call = job.call
        queued = self.book.take(key=call.account.key, slug=call.row.slug, on=place)
        own = call.faults if _place(call.faults) == place else {}
        return {**own, **queued}


def _place(faults: Faults) -> str:
    """Where on v2 an error strikes: at the submit, but for a malformed answer, which by itself is the result."""
    return faults.get("at") or ("result" if "malformed" in faults or "drip" in faults else "submit")


def error_on_request(name: str, faults: Faults, account: Account, model: Model | None) -> Response:
    """The text of a fault; that of `<name>-<value>` where the table has it."""
    if name == "method":
        return page("method")
    variant = f"{name}-{faults[name]}"
    return error(
        variant if variant in TEXTS else name,
        slug=model.slug if model else "",
        balance=plain(account.balance),
        needed=plain(model.cost if model else Decimal(1)),
        period=account.spend_period,
        cap=plain(account.spend_limit or Decimal(50)),
        parameter="temperature",
        reason="refused on request",
    )


def _text_of_failure(faults: Faults) -> str:
    variant = f"fail-{faults['fail']}"
    return TEXTS[variant if variant in TEXTS else "fail"][1]
