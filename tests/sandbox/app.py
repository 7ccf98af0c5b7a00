"""The stand-in for Segmind as an ASGI application: `granian --interface asgi tests.sandbox.app:app --port 8010`.

One process holds all state in memory. SANDBOX_LATENCY_SECONDS (0.6) is how long a typical model takes.
"""

import os

from tests.sandbox.calls import Calls
from tests.sandbox.control import control
from tests.sandbox.exchange import Exchange, Receive, Scope, Send
from tests.sandbox.refusals import Refusal, page, refuse

DEFAULT_LATENCY_SECONDS = "0.6"


class Sandbox:
    """The application, with books of its own."""

    def __init__(self, latency_seconds: float) -> None:
        self.calls = Calls(latency_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await _live(receive, send)
        exchange = Exchange(scope, receive, send)
        try:
            await self._route(exchange)
        except Refusal as refusal:
            await exchange.answer(refusal.response)

    async def _route(self, exchange: Exchange) -> None:
        path, method = exchange.path, exchange.method
        version, _, rest = path[1:].partition("/")
        if version == "control":
            await control(self.calls, exchange)
        elif rest.startswith("requests/"):
            await self._poll(exchange, version, rest.removeprefix("requests/"))
        elif path == "/v1/get-user-credits":
            _require(method == "GET")
            await self.calls.balance(exchange)
        elif version not in ("v1", "v2") or not rest or "/" in rest:
            raise refuse("no-route")
        else:
            _require(method == "POST")
            await (self.calls.answer_at_once if version == "v1" else self.calls.submit)(exchange, rest)

    async def _poll(self, exchange: Exchange, version: str, rest: str) -> None:
        """Segmind: a submit names a v1 address too (`poll_url`), which serves the result."""
        request_id, _, tail = rest.partition("/")
        if (version, tail) not in {("v1", ""), ("v2", ""), ("v2", "status")}:
            raise refuse("no-route")
        _require(exchange.method == "GET")
        await self.calls.poll(exchange, request_id, tail or "result")


def _require(is_right_method: bool) -> None:
    """Segmind: a wrong method is answered with an HTML page."""
    if not is_right_method:
        raise Refusal(page("method"))


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


app = Sandbox(float(os.environ.get("SANDBOX_LATENCY_SECONDS", DEFAULT_LATENCY_SECONDS)))
