"""A person who sends a message: the way into every test of a conversation."""

import uuid
from collections.abc import Sequence

from accounts.models import User
from chat.models import Attachment, Conversation, LanguageModel
from chat.services.messages import Turn, send_message


def send(
    person: User,
    text: str,
    *,
    model: LanguageModel,
    conversation: Conversation | None = None,
    instruction: str = "",
    temperature: float | None = None,
    api_key_id: uuid.UUID | None = None,
    attachments: Sequence[Attachment] = (),
) -> Turn:
    """Send `text` in a conversation, or in a new one."""
    return send_message(
        conversation=conversation or Conversation(owner=person),
        client_id=uuid.uuid4(),
        text=text,
        model=model,
        instruction=instruction,
        temperature=temperature,
        api_key_id=api_key_id,
        attachments=attachments,
    )
