"""Verbs that change a conversation."""

from django.db import transaction

from accounts.models import User
from chat.models import Attachment, Conversation, Draft, Preset, Reply
from chat.services import files
from chat.services.replies import stop_reply


@transaction.atomic
def delete_conversation(*, conversation: Conversation) -> None:
    """Remove a conversation and its messages. What was asked stays in the ledger, and is followed there to its cost."""
    stop_replies_in(conversation=conversation)
    Draft.objects.filter(conversation_id=conversation.pk).delete()
    conversation.delete()
    files.remove_strays_on_commit()


def stop_replies_in(*, conversation: Conversation) -> None:
    """Stop whatever is on its way there. To be called inside a transaction."""
    running = Reply.objects.filter(message__conversation=conversation).running().select_for_update(of=("self",))
    for reply in running:
        stop_reply(reply=reply)


def delete_all_of(*, owner: User) -> None:
    """Remove every conversation of somebody who leaves. The ledger keeps its numbers, without a name or a word.

    To be called inside the transaction that removes the person.
    """
    for conversation in Conversation.objects.owned_by(owner).iterator():
        delete_conversation(conversation=conversation)
    Draft.objects.filter(owner=owner).delete()
    Attachment.objects.filter(owner=owner).delete()
    files.remove_strays_on_commit()
    # A key's label may be a name, and what Segmind said may quote what was asked.
    Reply.objects.filter(owner=owner).update(key_label="", failure_detail="", raw_answer="")


def new_conversation(*, owner: User, preset: Preset | None = None) -> Conversation:
    """An empty conversation, not stored yet, that starts with the preset; its model need not be on offer."""
    if preset is None:
        return Conversation(owner=owner)
    conversation = Conversation(
        owner=owner, model=preset.model, instruction=preset.instruction, temperature=preset.temperature
    )
    conversation.gone_model = preset.gone_model
    return conversation
