"""A page that stays open: it asks for each reply that is on its way, again and again, as reply-wait.js does."""

import threading
import time

import httpx

from tests.crash.bubbles import Bubble, bubbles_in
from tests.sandbox.running import wait_until

# reply-wait.js begins with a second; a test has less patience.
PAUSE_AFTER_FAILURE_SECONDS = 0.2


def reload(client: httpx.Client, path: str) -> httpx.Response:
    """A whole page, asked for again as long as the site has trouble, as its page of trouble says."""
    return wait_until(lambda: whole_page(client, path))


def whole_page(client: httpx.Client, path: str) -> httpx.Response | None:
    response = client.get(path, headers={"HX-Request": ""})
    assert response.status_code < 400 or response.status_code >= 500, response.status_code
    return response if response.is_success else None


class Tab:
    """`bubbles` as they stand in the page, in its order. `strays`: what a wait brought that did not belong there."""

    def __init__(self, client: httpx.Client, conversation: str) -> None:
        self.client, self.conversation = client, conversation
        self.bubbles: list[Bubble] = []
        self.strays: list[Bubble] = []
        self.is_open = True
        self.lock = threading.Lock()

    def open(self) -> None:
        """Load the page, and wait from now on for what is on its way."""
        self.bubbles = bubbles_in(reload(self.client, f"/c/{self.conversation}/").text)
        for bubble in self.bubbles:
            if bubble.wait_path:
                threading.Thread(target=self._keep_asking, args=(bubble,), daemon=True).start()

    def state_of(self, message_id: str) -> str:
        return next(bubble.state for bubble in self.bubbles if bubble.message_id == message_id)

    def close(self) -> None:
        self.is_open = False
        self.client.close()

    def _keep_asking(self, bubble: Bubble) -> None:
        while self.is_open and bubble.wait_path:
            answer = self._ask(bubble.wait_path)
            if answer is None:
                time.sleep(PAUSE_AFTER_FAILURE_SECONDS)
            elif answer.status_code == 404:
                return
            elif answer.status_code == 200:
                bubble = self._swap(bubble, bubbles_in(answer.text))

    def _ask(self, path: str) -> httpx.Response | None:
        """None if the site did not answer, or answered with a fault of its own."""
        try:
            answer = self.client.get(path)
        except (httpx.TransportError, RuntimeError):  # RuntimeError: closed meanwhile
            return None
        return answer if answer.status_code < 500 else None

    def _swap(self, old: Bubble, brought: list[Bubble]) -> Bubble:
        """Put what the wait has brought in the place of the bubble that asked, as htmx does with the article."""
        with self.lock:
            self.strays += [bubble for bubble in brought if bubble.message_id != old.message_id]
            place = self.bubbles.index(old)
            self.bubbles[place : place + 1] = brought
        return next((bubble for bubble in brought if bubble.message_id == old.message_id), old)
