"""Somebody with a browser, reduced to what it asks of the site: real requests, a session's cookies, htmx's headers."""

import re
import uuid
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from tests.browser import backstage
from tests.crash.bubbles import Bubble, bubbles_in
from tests.crash.tab import Tab, reload
from tests.sandbox.running import wait_until

CSRF = "c" * 32
V1, V2 = "llama-v3-8b-instruct", "claude-3-haiku"


@dataclass(frozen=True)
class Sending:
    """What one press of "Send" carries. The same one again is the same message."""

    conversation: str
    client_id: str
    text: str
    model: str
    instruction: str = ""

    @property
    def path(self) -> str:
        return f"/c/{self.conversation}/messages/"


class Person:
    """`sent`: what left the browser; `acknowledged`: what of it the site has said to have.

    `confirmed`: by text, how often they agreed that it may cost twice. `deleted`: conversations that they deleted.
    """

    def __init__(self, account: backstage.Person, url: str) -> None:
        self.account, self.url = account, url
        self.sent: list[Sending] = []
        self.acknowledged: list[Sending] = []
        self.confirmed: Counter[str] = Counter()
        self.deleted: set[str] = set()
        self.is_disabled = False
        self.tabs: list[Tab] = []
        self.client = self._browser()
        self.background = ThreadPoolExecutor(4)

    @property
    def key(self) -> str:
        return self.account.key

    # --- Sending ----------------------------------------------------------------
    def write(self, words: str, *, model: str = V1, after: Sending | None = None, conversation: str = "") -> Sending:
        """A message that is not sent yet. Its last word is like no other, so that every copy of it can be found."""
        mark = uuid.uuid4().hex[:12]
        where = conversation or (after.conversation if after else str(uuid.uuid4()))
        return Sending(where, str(uuid.uuid4()), f"{words} {self.account.name}-{mark}", model)

    def send(self, sending: Sending) -> httpx.Response:
        """Press "Send". Raises httpx.TransportError if no answer came: then nobody knows."""
        self.sent.append(sending)
        fields = {"client_id": sending.client_id, "text": sending.text, "model": sending.model, "instruction": ""}
        response = self.client.post(sending.path, data=fields)
        if response.is_success:
            self.acknowledged.append(sending)
        return response

    def say(self, words: str, *, model: str = V1, after: Sending | None = None) -> Sending:
        """Write and send, and have it acknowledged."""
        sending = self.write(words, model=model, after=after)
        self.insist(sending)
        return sending

    def insist(self, sending: Sending) -> None:
        """Press "Send" until it is acknowledged: after each failure the page says to try again in a moment."""
        wait_until(lambda: self.send(sending).is_success)

    def start_sending(self, sending: Sending) -> Future[httpx.Response]:
        """Press "Send" and do something else meanwhile."""
        return self.background.submit(self.send, sending)

    def send_at_once(self, *sendings: Sending) -> list[httpx.Response]:
        """All of them at the same instant, each on a connection of its own."""
        with ThreadPoolExecutor(len(sendings)) as threads:
            return list(threads.map(self.send, sendings))

    # --- A reply ----------------------------------------------------------------
    def stop(self, reply_id: str) -> httpx.Response:
        return self._act(f"/replies/{reply_id}/cancellation/")

    def try_again(self, reply_id: str, sending: Sending, *, confirm: bool = False) -> httpx.Response:
        """Ask for another attempt; `confirm`: having read that it may cost twice."""
        response = self._act(f"/replies/{reply_id}/retries/", **({"confirm": "on"} if confirm else {}))
        if confirm and response.is_success:
            self.confirmed[sending.text] += 1
        return response

    def delete(self, conversation: str) -> None:
        self.deleted.add(conversation)
        self._act(f"/c/{conversation}/trash/")
        self._act(f"/trash/{conversation}/deletion/")

    def remove_key(self) -> None:
        """The only one that they have."""
        keys = re.search(r"/settings/keys/[0-9a-f-]+/removal/", self.client.get("/settings/keys/").text)
        assert keys
        self._act(keys[0])

    # --- Pages ------------------------------------------------------------------
    def page(self, conversation: str) -> list[Bubble]:
        """The bubbles of a freshly loaded page."""
        return bubbles_in(reload(self.client, f"/c/{conversation}/").text)

    def open_tab(self, conversation: str) -> Tab:
        """A page that stays open, and goes on asking by itself."""
        tab = Tab(self._browser(), conversation)
        tab.open()
        self.tabs.append(tab)
        return tab

    def close_browser(self) -> None:
        """All connections end, whatever is on them. Another browser is open already."""
        closed, self.client = self.client, self._browser()
        closed.close()

    def leave(self) -> None:
        for tab in self.tabs:
            tab.close()
        self.background.shutdown(cancel_futures=True)
        self.client.close()

    def _act(self, path: str, **fields: str) -> httpx.Response:
        response = self.client.post(path, data=fields)
        assert response.status_code < 500, response.text
        return response

    def _browser(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.url,
            cookies={"sessionid": self.account.session, "csrftoken": CSRF},
            headers={"X-CSRFToken": CSRF, "HX-Request": "true"},
            timeout=40,
        )
