"""Which part of a conversation is sent: the active path up to the model's budget, beyond it without the oldest turns.

What is left out goes in whole pairs, a question with its answer; the newest question and the instruction always stay.
"""

from dataclasses import dataclass
from uuid import UUID

from chat.models import Message
from chat.segmind import Turn

JOINT = "\n\n"


@dataclass(frozen=True)
class Memory:
    """What is sent of a path, and the first message of it; None if the path is sent from its beginning on."""

    turns: tuple[Turn, ...]
    begins_at: UUID | None = None


def turns_within(path: list[Message], *, characters: int, instruction: str = "") -> Memory:
    """The newest exchanges of the path that fit into so many characters together with the instruction."""
    exchanges = exchanges_of(path)
    room, kept = characters - len(instruction), 0
    for exchange in reversed(exchanges):
        room -= sum(len(JOINT) + len(message.text) for message in exchange)
        if kept and room < 0:
            break
        kept += 1
    sent = exchanges[len(exchanges) - kept :]
    begins_at = sent[0][0].pk if kept < len(exchanges) else None
    return Memory(joined([message for exchange in sent for message in exchange]), begins_at)


def exchanges_of(path: list[Message]) -> list[list[Message]]:
    """The path in pairs: a question and its answer, or the question alone where the answer never came."""
    exchanges: list[list[Message]] = []
    for message in path:
        if not message.text.strip():
            continue
        if message.is_from_user:
            exchanges.append([message])
        elif exchanges:
            exchanges[-1].append(message)
    return exchanges


def joined(messages: list[Message]) -> tuple[Turn, ...]:
    """Turns that alternate: questions around an answer that never came stand next to each other and are made one.

    Segmind: Anthropic models refuse two turns of the same role in a row.
    """
    turns: list[Turn] = []
    for message in messages:
        if turns and turns[-1].role == message.role:
            turns[-1] = Turn(turns[-1].role, f"{turns[-1].text}{JOINT}{message.text}")
        else:
            turns.append(Turn("user" if message.is_from_user else "assistant", message.text))
    return tuple(turns)
