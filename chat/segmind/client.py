"""The one door to Segmind."""

import asyncio
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import httpx

from chat.segmind.answers import (
    Balance,
    Completion,
    Progress,
    Submission,
    balance_from,
    completion_from,
    progress_from,
    result_from,
    submission_from,
)
from chat.segmind.bodies import read_capped
from chat.segmind.connections import Connections
from chat.segmind.errors import Refused, UnusableAnswer
from chat.segmind.key import KeyValue
from chat.segmind.received import REQUEST_ID, Answer, headers_of
from chat.segmind.refusals import Purpose, lost
from chat.segmind.requests import Body, ChatRequest, body_of, path_of

# Shorter than the 5 s after which some servers close: a POST on a connection that is just being closed is lost, and
# nobody could say whether it was billed. Longer than the longest pause between two polls.
KEEPALIVE_SECONDS = 4.0
# Without a user, a query or a fragment, so that a path can be put behind it.
BASE_URL = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?(/[\w./-]*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `read` and `write` are for each step; `total` is the deadline of a POST, `total_of_get` of a GET."""

    connect: float
    read: float
    write: float
    pool: float
    total: float
    total_of_get: float = 15.0


class NoCookies(httpx.Cookies):
    """Keeps none. To let a cookie jar refuse them costs a tenth of a call."""

    def extract_cookies(self, response: httpx.Response) -> None:
        pass


NO_COOKIES = NoCookies()


class CookielessClient(httpx.AsyncClient):
    @property
    def cookies(self) -> httpx.Cookies:
        return NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise AttributeError("no cookies are kept")


class SegmindClient:
    """Calls to Segmind, each with the key of its own account. Every method sends at most one request, never again.

    All of them raise SegmindError. `base_url` is where the keys go, and the only place: redirects are not followed,
    certificates are always verified, no proxy or other setting is taken from the environment, no cookie is kept.
    Raises ValueError for a `base_url` that is none.
    """

    def __init__(
        self,
        *,
        base_url: str,
        timeouts: Timeouts,
        version: str,
        transport: httpx.AsyncBaseTransport | None = None,
        max_connections: int = 100,
    ) -> None:
        self._base_url = checked(base_url)
        self._headers = {
            "user-agent": f"parley/{version}",
            "accept": "application/json",
            "accept-encoding": "identity",
            "connection": "keep-alive",
        }
        self._timeouts = timeouts
        self._http = CookielessClient(
            transport=transport or Connections(max_connections=max_connections, keepalive_seconds=KEEPALIVE_SECONDS),
            timeout=httpx.Timeout(
                connect=timeouts.connect, read=timeouts.read, write=timeouts.write, pool=timeouts.pool
            ),
            follow_redirects=False,
            trust_env=False,
        )

    async def complete(self, *, key: KeyValue, request: ChatRequest) -> Completion:
        """v1: one POST that answers when the model has. A new, billable request each time."""
        return completion_from(await self._post("v1", key, request))

    async def submit(self, *, key: KeyValue, request: ChatRequest) -> Submission:
        """v2: one POST that hands the request in. A new, billable request each time."""
        return submission_from(await self._post("v2", key, request))

    async def progress(self, *, key: KeyValue, request_id: str) -> Progress:
        """v2: how far a request is. Raises Refused for one that failed, Expired for one that is gone."""
        return progress_from(await self._follow(key, request_id, "/status"))

    async def result(self, *, key: KeyValue, request_id: str) -> Completion:
        """v2: the answer to a completed request. Segmind: kept for 1 hour after submission."""
        return result_from(await self._follow(key, request_id))

    async def balance(self, key: KeyValue) -> Balance:
        """What is left on the account. Free of charge, so also the way to see whether a key works."""
        return balance_from(await self._ask(key, Purpose.BALANCE, "GET", "/v1/get-user-credits"))

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _post(self, version: str, key: KeyValue, request: ChatRequest) -> Answer:
        path, body = f"/{version}/{path_of(request)}", body_of(request)
        if isinstance(body, Body):
            await body.check()
        return await self._ask(key, Purpose.SEND, "POST", path, content=body)

    async def _follow(self, key: KeyValue, request_id: str, suffix: str = "") -> Answer:
        if not REQUEST_ID.fullmatch(request_id):
            raise UnusableAnswer(kind="upstream")
        path = f"/v2/requests/{request_id}{suffix}"
        return await self._ask(key, Purpose.FOLLOW, "GET", path, request_id=request_id)

    async def _ask(
        self,
        key: KeyValue,
        purpose: Purpose,
        method: str,
        path: str,
        *,
        content: bytes | Body | None = None,
        request_id: str = "",
    ) -> Answer:
        if not key.is_sendable:
            raise Refused(kind="key")
        begun = Answer(status=0, headers={}, key=key, asked_for=request_id)
        try:
            async with asyncio.timeout(self._deadline(purpose)):
                response = await self._send(key, method, path, content)
                begun = Answer(response.status_code, headers_of(response.headers.raw), key, asked_for=request_id)
                try:
                    sent, is_whole = await read_capped(cast("httpx.AsyncByteStream", response.stream))
                finally:
                    await response.aclose()
        # Broad on purpose: once bytes may be out, every fault has the same meaning.
        except Exception as exc:
            error = lost(exc, purpose, begun)
        else:
            return replace(begun, sent=sent, was_read_whole=is_whole)
        # Outside of `except`, without a cause: httpx's frames hold the key among their variables.
        raise error

    async def _send(self, key: KeyValue, method: str, path: str, content: bytes | Body | None) -> httpx.Response:
        headers = self._headers if content is None else self._headers | {"content-type": "application/json"}
        if isinstance(content, Body):
            headers = headers | {"content-length": str(content.length)}
        # Segmind: the key is taken from this header alone. It is in no variable here, where a traceback would show it.
        request = httpx.Request(
            method, address(self._base_url + path), headers=headers | {"x-api-key": key.reveal()}, content=content
        )
        return await self._http.send(request, stream=True)

    def _deadline(self, purpose: Purpose) -> float:
        return min(self._timeouts.total, self._timeouts.total_of_get) if purpose.is_free else self._timeouts.total


@lru_cache(maxsize=4096)
def address(url: str) -> httpx.URL:
    """Parsing an address costs more than all of ours around a call, and polls ask at the same one again and again."""
    return httpx.URL(url)


def checked(base_url: str) -> str:
    """`base_url` without a slash at its end. Raises ValueError if it is not an http address with a host and no more."""
    if not BASE_URL.fullmatch(base_url):
        raise ValueError("the address of Segmind must be like https://api.segmind.com")
    return base_url.rstrip("/")
