"""What a page shows, read from its HTML as a person would: bubbles, and what can be done about each."""

import html
import re
from dataclasses import dataclass

ARTICLE = re.compile(
    r'<article class="message message--(user|assistant)[^"]*" id="message-([0-9a-f-]+)"(.*?)</article>', re.S
)
STATE = re.compile(r'data-state="([a-z-]+)"')
WAIT = re.compile(r'hx-get="(/replies/[0-9a-f-]+/wait/[^"]*)"')
WAY_ON = re.compile(r"<(?:button|a) ")


@dataclass(frozen=True)
class Bubble:
    """One message. `state` is "" for a person's; `wait_path` "" where no more will come; `has_way_on`: a button."""

    message_id: str
    is_from_user: bool
    state: str
    wait_path: str
    has_way_on: bool
    text: str


def bubbles_in(page: str) -> list[Bubble]:
    """All bubbles of a page or a fragment, in their order, as often as they are there."""
    return [bubble_of(*match.groups()) for match in ARTICLE.finditer(page)]


def bubble_of(role: str, message_id: str, inside: str) -> Bubble:
    state, wait = STATE.search(inside), WAIT.search(inside)
    return Bubble(
        message_id=message_id,
        is_from_user=role == "user",
        state=state[1] if state else "",
        wait_path=html.unescape(wait[1]) if wait else "",
        has_way_on=bool(WAY_ON.search(inside)),
        text=html.unescape(inside),
    )
