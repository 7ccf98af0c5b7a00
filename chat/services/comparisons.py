"""Several models asked at once: two to four answers to one question, side by side until one is chosen.

Whoever sends on without having chosen goes on with the first that is there, in the order in which they were asked; if
none is there yet, with the one asked first.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat.models import Attachment, Conversation, LanguageModel
from chat.models.reply import State
from chat.queries import attach_comparison
from chat.services.branches import Gone, ask, choose_version, locked, sent_as
from chat.services.messages import InTrash, Turn, turn_of


@transaction.atomic
def ask_several(
    *,
    conversation: Conversation,
    client_id: UUID,
    text: str,
    models: list[LanguageModel],
    instruction: str = "",
    temperature: float | None = None,
    api_key_id: UUID | None = None,
    attachments: Sequence[Attachment] = (),
) -> Turn:
    """Store a question at the end of the active path and queue an answer of each model: all of it or nothing.

    `conversation` may be new, with only an id and an owner. Each reply passes the budget by itself: those for which
    there is no room have failed for that reason, beside the others. The same `client_id` with the same text returns
    what exists. Raises what chat.services.messages.send_message does.
    """
    conversation = opened(conversation, text or attachments[0].name)
    if sent_before := sent_as(conversation, client_id):
        return with_comparison(turn_of(sent_before, text, attachments))
    conversation.model, conversation.api_key_id = models[0], api_key_id
    conversation.instruction, conversation.temperature = instruction, temperature
    conversation.save(update_fields=["model", "api_key", "instruction", "temperature"])
    leaf_id = conversation.active_leaf_id
    return ask(conversation, parent_id=leaf_id, client_id=client_id, text=text, models=models, attachments=attachments)


def opened(conversation: Conversation, text: str) -> Conversation:
    """The conversation's row, made if there is none yet, and locked. Raises InTrash."""
    if conversation.is_new:
        title = Conversation.title_from(text)
        new = Conversation(pk=conversation.pk, owner=conversation.owner, title=title, updated_at=timezone.now())
        Conversation.objects.bulk_create([new], ignore_conflicts=True)
    try:
        row = locked(conversation.pk)
    except Gone as error:
        raise InTrash from error
    if row.owner_id != conversation.owner_id:
        raise Gone
    return row


def with_comparison(turn: Turn) -> Turn:
    """The turn as the page shows it, with all the answers that are still to choose from."""
    attach_comparison([turn.question, turn.answer])
    return turn


def settle(*, conversation: Conversation) -> Conversation:
    """Decide a comparison that the person has not, before they send on. Returns the conversation as it then is."""
    undecided = conversation.active_leaf
    if undecided is None or not undecided.compared:
        return conversation
    attach_comparison([undecided])
    answers = undecided.comparison or [undecided]
    done = [answer for answer in answers if answer.reply and answer.reply.state == State.COMPLETED]
    choose_version(message=next(iter(done), answers[0]))
    return Conversation.objects.select_related("owner", "model").get(pk=conversation.pk)
