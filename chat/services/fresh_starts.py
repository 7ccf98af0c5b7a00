"""Starting fresh within a conversation: what is sent from then on begins after a message, and nothing is deleted."""

from chat.models import Conversation, Message


def start_fresh(*, conversation: Conversation) -> Message | None:
    """Send nothing up to the newest message of the active path any more; None if there is no message yet.

    The mark is the message's own: it holds on every branch that goes through it, and on no other. Twice is once.
    """
    newest = conversation.active_leaf
    if newest is None:
        return None
    newest.starts_fresh_after = True
    newest.save(update_fields=["starts_fresh_after"])
    return newest


def remember_again(*, message: Message) -> None:
    """Take the mark away: what stands above is sent along again, as far as the model has room."""
    message.starts_fresh_after = False
    message.save(update_fields=["starts_fresh_after"])
