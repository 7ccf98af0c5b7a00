"""What becomes of replies whose key was revoked before they could be sent."""

from uuid import UUID

from chat.models import Reply
from chat.models.reply import KEY_REVOKED, State


def fail_what_waits(*, key_id: UUID) -> None:
    """End every queued reply of the key, each in a transaction of its own: together they would lock budgets crosswise.

    To be called once the key is gone. What is not reached here fails when a worker finds no value to send it with.
    """
    for reply in Reply.objects.filter(api_key=key_id, state=State.QUEUED):
        reply.move(to=State.FAILED, failure_kind=Reply.FailureKind.KEY, failure_detail=KEY_REVOKED)
