"""Costs, balances and times: in the headers of v1, in the `metrics` of v2."""

import json
import re
import time
from decimal import Decimal

from tests.sandbox.answers import compose
from tests.sandbox.formats import provider_answer
from tests.sandbox.jobs import Call, Job
from tests.sandbox.ledger import plain
from tests.sandbox.refusals import Headers, Response

_JSON_LITERAL = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?|-?Infinity|NaN|true|false|null")


def headers_of(call: Call) -> Headers:
    """Segmind's accounting headers of a v1 answer; times in seconds, money in credits."""
    if "no-accounting" in call.faults:
        return []
    elapsed = time.monotonic() - call.began_at
    return [
        (b"x-request-id", call.request_id.encode()),
        (b"x-cost", _cost(call).encode()),
        (b"x-remaining-credits", plain(call.row.remaining or Decimal(0)).encode()),
        (b"x-generation-time", f"{elapsed:.3f}".encode()),
    ]


def answer_to(call: Call) -> Response:
    """The v1 answer: the provider's JSON, with the accounting in the headers."""
    body = json.dumps(provider_answer(call.question, call.request_id, call.faults)).encode()
    return Response(200, body, [(b"content-type", b"application/json"), *headers_of(call)])


def submission(call: Call, address: str) -> Response:
    """The answer to a v2 submit."""
    request = f"{address}/v2/requests/{call.request_id}"
    body = {
        "request_id": call.request_id,
        "status": "QUEUED",
        "poll_url": f"{address}/v1/requests/{call.request_id}",
        "status_url": f"{request}/status",
        "response_url": request,
    }
    return Response(200, json.dumps(body).encode())


def status_of(job: Job) -> Response:
    """The answer to a v2 status call. Segmind serves FAILED as 422, here and for the result."""
    head = f'"status": "{job.state}", "request_id": "{job.call.request_id}", "metrics": {_metrics(job)}'
    if job.failure:
        return Response(422, f'{{"error": {json.dumps(job.failure)}, {head}}}'.encode())
    return Response(200, f"{{{head}}}".encode())


def result_of(job: Job) -> Response:
    """The answer to a v2 result call; before the end it is that of a status call."""
    if job.state != "COMPLETED":
        return status_of(job)
    head = f'"status": "COMPLETED", "request_id": "{job.call.request_id}", "error": null'
    return Response(200, f'{{{head}, {_output(job.call)}, "metrics": {_metrics(job)}}}'.encode())


def _cost(call: Call) -> str:
    """The cost as text; with `sandbox:nan` "NaN", with `sandbox:nan=<text>` that text."""
    if "nan" in call.faults:
        return call.faults["nan"] or "NaN"
    return plain(call.row.cost or Decimal(0))


def _metrics(job: Job) -> str:
    """Written by hand, since `json` writes no Decimal."""
    if job.ended_at is None or "no-accounting" in job.call.faults:
        return "{}"
    total = job.ended_at - job.call.began_at
    waited = min(job.call.queue_seconds, total)
    times = f'"inference_time": {total - waited:.3f}, "queue_time": {waited:.3f}, "total_time": {total:.3f}'
    if job.failure:
        return f"{{{times}}}"
    cost = _cost(job.call)
    literal = cost if _JSON_LITERAL.fullmatch(cost) else json.dumps(cost)
    remaining = plain(job.call.row.remaining or Decimal(0))
    return f'{{"cost": {literal}, "remaining_credits": {remaining}, {times}, "retry_count": 0}}'


def _output(call: Call) -> str:
    """The `output` of a result, in the form that `sandbox:output=string|object|text|top` names."""
    form = call.faults.get("output", "string")
    if form == "text":
        return f'"output": {json.dumps(compose(call.question, call.faults))}'
    answer = json.dumps(provider_answer(call.question, call.request_id, call.faults))
    if form == "top":
        return answer[1:-1]
    return f'"output": {answer if form == "object" else json.dumps(answer)}'
