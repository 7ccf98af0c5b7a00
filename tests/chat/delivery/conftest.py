"""Many messages at once, and several workers at the same instant."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from accounts.models import ApiKey, User
from chat.models import Conversation, LanguageModel, Message, Reply


@pytest.fixture
def model(db: None) -> LanguageModel:
    """Not from the catalogue, which the flush after a transactional test takes away. Holds back 0.4 credits."""
    return LanguageModel.objects.create(
        slug="any", label="Any", wire_format="openai", version="v1", published_cost=Decimal("0.1"), enabled=True
    )


def queue_many(number: int, *, person: User, key: ApiKey, model: LanguageModel) -> list[Reply]:
    """So many messages of a person, each in a conversation of its own, in four statements; oldest first."""
    conversations = [Conversation(owner=person, title="", updated_at="2026-11-21T12:00Z") for _ in range(number)]
    Conversation.objects.bulk_create(conversations)
    questions = [Message(conversation=one, role="user", text="hello") for one in conversations]
    answers = [
        Message(conversation=one, role="assistant", parent=question, model=model)
        for one, question in zip(conversations, questions, strict=True)
    ]
    Message.objects.bulk_create([*questions, *answers])
    facts: dict[str, Any] = {"owner": person, "model": model, "version": model.version, "key_label": key.label}
    return Reply.objects.bulk_create(
        [Reply(message=answer, api_key=key, reserved=model.reservation, **facts) for answer in answers]
    )


def at_the_same_instant[Result](number: int, act: Callable[[int], Result]) -> list[Result]:
    """What `act` returns in each of so many threads, which all begin together and have their own connections."""
    start = Barrier(number)

    def alone(turn: int) -> Result:
        try:
            connection.ensure_connection()
            start.wait(30)
            return act(turn)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(alone, range(number)))
