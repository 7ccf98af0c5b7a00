"""What a test waits for, read from the rows."""

from typing import Any

from tests.crash.cast import Cast
from tests.crash.person import Sending
from tests.sandbox.running import wait_until

STATE_SECONDS = 40.0
REPLIES = """
    SELECT reply.id::text, reply.state, reply.billed, reply.cost, reply.request_id, reply.failure_kind, reply.fence,
        answer.id::text AS message, answer.text
    FROM chat_message question
    JOIN chat_message answer ON answer.parent_id = question.id
    JOIN chat_reply reply ON reply.message_id = answer.id
    WHERE question.conversation_id = %s AND question.client_id = %s
    ORDER BY reply.created_at
"""


def replies_to(cast: Cast, sending: Sending) -> list[dict[str, Any]]:
    """All attempts at the answer to a message, oldest first."""
    return cast.rows(REPLIES, sending.conversation, sending.client_id)


def reply_to(cast: Cast, sending: Sending) -> dict[str, Any]:
    """The latest attempt."""
    return replies_to(cast, sending)[-1]


def await_state(cast: Cast, sending: Sending, *states: str, seconds: float = STATE_SECONDS) -> dict[str, Any]:
    """Wait until the latest attempt is in one of these states; the reply as it then is."""

    def seen() -> dict[str, Any] | None:
        replies = replies_to(cast, sending)
        return replies[-1] if replies and replies[-1]["state"] in states else None

    try:
        return wait_until(seen, seconds)
    except AssertionError:
        raise AssertionError(f"not {' or '.join(states)}: {replies_to(cast, sending)}") from None


def await_calls(cast: Cast, sending: Sending, number: int = 1) -> list[dict[str, Any]]:
    """Wait until the stand-in has accepted so many calls for this message."""

    def seen() -> list[dict[str, Any]]:
        rows = calls_for(cast, sending)
        return rows if len(rows) >= number else []

    return wait_until(seen, STATE_SECONDS)


def calls_for(cast: Cast, sending: Sending) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = cast.sandbox.ledger(prompt=sending.text)["rows"]
    return rows


def texts_of(cast: Cast, conversation: str) -> list[str]:
    """What people have written in a conversation, oldest first."""
    sql = "SELECT text FROM chat_message WHERE conversation_id = %s AND role = 'user' ORDER BY created_at"
    return [row["text"] for row in cast.rows(sql, conversation)]
