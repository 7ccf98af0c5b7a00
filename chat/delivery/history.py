"""Which part of a conversation is sent: the active path up to the model's budget, beyond it without the oldest turns.

What is left out goes in whole pairs, a question with its answer; the newest question and the instruction always stay.
What attachments become is in chat/delivery/enclosures.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from chat.delivery.enclosures import Texts, images_in, images_to_send, is_blank, said, weight
from chat.models import Message
from chat.segmind import Turn

JOINT = "\n\n"
# What delivery knows of a model that reads texts alone.
NO_IMAGES: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Memory:
    """What is sent of a path, and the first message of it; None if the path is sent from its beginning on."""

    turns: tuple[Turn, ...]
    begins_at: UUID | None = None


def nothing_to_read(_messages: list[Message]) -> Texts:
    """For paths without text files."""
    return {}


def turns_within(
    path: list[Message],
    *,
    characters: int,
    instruction: str = "",
    characters_per_image_token: float = 0,
    read_texts: Callable[[list[Message]], Texts] = nothing_to_read,
) -> Memory:
    """The newest exchanges of the path that fit into so many characters together with the instruction.

    `characters_per_image_token` is what a token of an image counts as; 0 stands for a model that reads no images.
    `read_texts` gives the contents of the text files of those messages that are sent.
    """
    exchanges = exchanges_of(path)
    images = images_to_send(path) if characters_per_image_token else NO_IMAGES
    room, kept = characters - len(instruction), 0
    for exchange in reversed(exchanges):
        room -= sum(len(JOINT) + weight(message, images, characters_per_image_token) for message in exchange)
        if kept and room < 0:
            break
        kept += 1
    sent = exchanges[len(exchanges) - kept :]
    begins_at = sent[0][0].pk if kept < len(exchanges) else None
    messages = [message for exchange in sent for message in exchange]
    return Memory(joined(messages, images, read_texts(messages)), begins_at)


def exchanges_of(path: list[Message]) -> list[list[Message]]:
    """The path in pairs: a question and its answer, or the question alone where the answer never came."""
    exchanges: list[list[Message]] = []
    for message in path:
        if is_blank(message):
            continue
        if message.is_from_user:
            exchanges.append([message])
        elif exchanges:
            exchanges[-1].append(message)
    return exchanges


def joined(messages: list[Message], images: frozenset[UUID], texts: Texts) -> tuple[Turn, ...]:
    """Turns that alternate: questions around an answer that never came stand next to each other and are made one.

    Segmind: Anthropic models refuse two turns of the same role in a row.
    """
    turns: list[Turn] = []
    for message in messages:
        text, pictures = said(message, images, texts), images_in(message, images)
        if turns and turns[-1].role == ("user" if message.is_from_user else "assistant"):
            before = turns[-1]
            text = JOINT.join(part for part in (before.text, text) if part)
            turns[-1] = Turn(before.role, text, before.images + pictures)
        else:
            turns.append(Turn("user" if message.is_from_user else "assistant", text, pictures))
    return tuple(turns)
