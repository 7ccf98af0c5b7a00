"""How a request is answered: in one thread, whole; and one that waits, without a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.http.response import HttpResponse, HttpResponseBase
from django.urls import set_script_prefix

from chat.live import Waiting, listener

# Shorter than the time-outs that proxies commonly have.
LONGEST_WAIT_SECONDS = 25.0
# Eight files of 20 MB, and the form around them. More than the memory keeps goes to the disk while it comes in.
LARGEST_BODY_BYTES = 165_000_000
# More than the pool has database connections, since some requests wait for Segmind without one.
THREADS = 32


class Handler(ASGIHandler):
    """Django's ASGI handler with a synchronous inside.

    Its own way takes each signal and each middleware to a new thread and back, which is two thirds of what a page costs
    here. So everything of a request runs in one thread of a pool; and a view that has nothing to tell yet answers
    `Waiting`, upon which the request sleeps on the event loop, with no thread and no database connection, and then asks
    the view again.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Parley speaks HTTP, not {scope['type']}.")
        body_in = Limited(receive)
        try:
            with closing(await self.read_body(body_in)) as body:
                request, refusal = self.create_request(scope, body)
                response = refusal or await self.answer(request, receive)
                await self.send_response(response, send)
        except RequestAborted:
            if body_in.is_too_large:
                await self.send_response(HttpResponse(status=413), send)
            return
        if response.streaming:
            await self.in_thread(response.close)

    async def answer(self, request: Any, receive: Callable[[], Awaitable[Any]]) -> HttpResponseBase:
        """The response; of a view that waits, the one it has after the news or, with nothing in it, after too long."""
        rest = listener.first_rest(request.path_info)
        response: HttpResponseBase = await self.in_thread(self.respond, request) if rest is None else rest
        end = asyncio.get_running_loop().time() + LONGEST_WAIT_SECONDS
        while isinstance(response, Waiting) and await worth_asking_again(response, end, receive):
            request.has_waited = True
            if not response.bell.state:
                # Not a step of the reply: the one who asks may have been signed out meanwhile.
                request.__dict__.pop("_cached_user", None)
            response = await self.in_thread(self.respond, request)
        if isinstance(response, Waiting):
            response.bell.take_down()
        return response

    def respond(self, request: Any) -> Any:
        """The response as it is now. Closing it gives the database connection back, in the thread that took it."""
        set_script_prefix(get_script_prefix(request.scope))
        request_started.send(sender=self.__class__, scope=request.scope)
        response: Any = self.get_response(request)
        response._handler_class = self.__class__
        if not response.streaming:
            response.close()
        return response

    async def in_thread[Result](self, function: Callable[..., Result], *args: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *args)


class Limited:
    """`receive` for a body of LARGEST_BODY_BYTES. Beyond it, as if the browser had left: all is tidied up then."""

    def __init__(self, receive: Callable[[], Awaitable[Any]]) -> None:
        self.receive = receive
        self.taken = 0

    @property
    def is_too_large(self) -> bool:
        return self.taken > LARGEST_BODY_BYTES

    async def __call__(self) -> Any:
        message = await self.receive()
        self.taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.is_too_large else message


async def worth_asking_again(waiting: Waiting, end: float, receive: Callable[[], Awaitable[Any]]) -> bool:
    """Sleep until there may be news; False at `end`, by the loop's clock. Raises RequestAborted if the browser left."""
    listener.start()
    loop = asyncio.get_running_loop()
    news, gone = asyncio.ensure_future(waiting.bell.news()), asyncio.ensure_future(receive())
    try:
        seconds = min(end - loop.time(), waiting.look_again_seconds)
        done, _ = await asyncio.wait({news, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if gone in done:
            raise RequestAborted
        return news in done or loop.time() < end
    finally:
        news.cancel()
        gone.cancel()
        waiting.bell.take_down()
