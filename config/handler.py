"""How a request is answered: in one thread, whole; and one that waits, without a thread."""

import asyncio
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from chat.live import Bell, Waiting, listener

# Shorter than the time-outs that proxies commonly have.
LONGEST_WAIT_SECONDS = 25.0


class Handler(ASGIHandler):
    """Django's ASGI handler with a synchronous inside.

    Its own way takes each middleware of an async chain to a thread and back, which is half of what a page costs here.
    So the whole chain runs in one thread; and a view that has nothing to tell yet answers `Waiting`, upon which the
    request sleeps here, on the event loop, with no thread and no database connection, and then asks the view again.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        response = await sync_to_async(self.respond)(request)
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                while isinstance(response, Waiting):
                    response = await self.respond_later(request, response.bell)
        except TimeoutError:
            pass  # the empty answer says that there is no news
        return response

    async def respond_later(self, request: Any, bell: Bell) -> HttpResponseBase:
        with bell:
            listener.start()
            await bell.news()
        request.has_waited = True
        return await sync_to_async(self.respond)(request)

    def respond(self, request: HttpRequest) -> HttpResponseBase:
        """The answer as it is now. The database connection goes back to the pool in the thread that took it."""
        try:
            return self.get_response(request)
        finally:
            connections.close_all()
