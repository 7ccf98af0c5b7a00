"""Verbs that change a conversation."""

from django.db import transaction

from chat.models import Conversation, Reply
from chat.services.replies import stop_reply


@transaction.atomic
def delete_conversation(*, conversation: Conversation) -> None:
    """Remove a conversation and its messages. What was asked stays in the ledger, and is followed there to its cost."""
    running = Reply.objects.filter(message__conversation=conversation).running().select_for_update(of=("self",))
    for reply in running:
        stop_reply(reply=reply)
    conversation.delete()
