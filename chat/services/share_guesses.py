"""Addresses that ask for links which are none. Nobody guesses 256 bits; what is kept off here is the load of trying.

So each web process counts by itself, in memory: it costs the readers of links that are there no query.
"""

import time
from collections import OrderedDict
from threading import Lock

# Different wrong tokens: colleagues behind one address who reload a link that was revoked are no guessers.
MOST_WRONG = 30
WINDOW_SECONDS = 300.0
MOST_ADDRESSES = 10_000


class Guesses:
    """Who has asked for how many different tokens that are none, in the last five minutes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._wrong: OrderedDict[str, tuple[float, set[int]]] = OrderedDict()

    def are_too_many(self, address: str) -> bool:
        since, tokens = self._wrong.get(address, (0.0, set()))
        return len(tokens) >= MOST_WRONG and time.time() - since < WINDOW_SECONDS

    def note(self, address: str, token: str) -> None:
        now = time.time()
        with self._lock:
            since, tokens = self._wrong.pop(address, (now, set()))
            if now - since >= WINDOW_SECONDS:
                since, tokens = now, set()
            if len(tokens) < MOST_WRONG:
                tokens.add(hash(token))
            self._wrong[address] = since, tokens
            if len(self._wrong) > MOST_ADDRESSES:
                self._wrong.popitem(last=False)

    def forget(self) -> None:
        self._wrong.clear()


guesses = Guesses()
