"""How a response that was asked for reaches the client, or does not."""

import gzip
from functools import cache

from tests.sandbox.exchange import Exchange
from tests.sandbox.faults import PAGES, Faults, amount
from tests.sandbox.refusals import Response, page

HUGE_BYTES = 16 * 1024 * 1024
INFLATED_BYTES = 64 * 1024 * 1024
DEPTH = 100_000
# What may strike when the answer is due, besides the pages.
STRIKES = (*PAGES, "silent", "drop", "malformed", "redirect")


async def deliver(exchange: Exchange, response: Response, strike: str, faults: Faults) -> None:
    """Send `response`, or do to it what `strike`, one of STRIKES or empty, says."""
    value = faults.get(strike, "")
    if strike == "silent":
        await exchange.stay_silent()
    elif strike == "drop" and value == "half":
        await exchange.break_off(response)
    elif strike == "drop":
        exchange.close()
    elif "drip" in faults:
        await exchange.answer_slowly(struck(exchange, response, strike, value), amount(faults, "drip", 1.0))
    else:
        await exchange.answer(struck(exchange, response, strike, value))


def struck(exchange: Exchange, response: Response, strike: str, value: str) -> Response:
    """The response that is sent instead of `response`."""
    if strike in PAGES:
        return page(strike)
    if strike == "redirect":
        return Response(307, b"", [(b"location", f"{exchange.address}/elsewhere".encode())])
    if strike == "malformed":
        return malformed(response, value)
    return response


def malformed(response: Response, variant: str) -> Response:
    """A 200 with the headers of `response` and a body nobody can use; by default its first half."""
    if variant == "gzip":
        return response._replace(body=_bomb(), headers=[*response.headers, (b"content-encoding", b"gzip")])
    bodies = {
        "empty": b"",
        "list": b"[]",
        "text": b"OK",
        "object": b"{}",
        "utf8": response.body.replace(b"You asked", b"You \xff\xc3 asked"),
        "deep": b"[" * DEPTH + b"]" * DEPTH,
        "huge": b" " * HUGE_BYTES if variant == "huge" else b"",
    }
    return response._replace(body=bodies.get(variant, response.body[: len(response.body) // 2]))


@cache
def _bomb() -> bytes:
    """Little gzip that inflates to INFLATED_BYTES."""
    return gzip.compress(b'"' + b"0" * INFLATED_BYTES + b'"')
