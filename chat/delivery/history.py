"""Which part of a conversation is sent: the whole active path, in the shape that every wire format accepts."""

from chat.models import Message
from chat.segmind import Turn


def turns_of(path: list[Message]) -> tuple[Turn, ...]:
    """The path as turns that alternate, the first by the user.

    An answer that never came has no text and is left out; the questions around it then stand next to each other and
    are joined. Segmind: Anthropic models refuse two turns of the same role in a row.
    """
    turns: list[Turn] = []
    for message in path:
        if not message.text.strip():
            continue
        if turns and turns[-1].role == message.role:
            turns[-1] = Turn(turns[-1].role, f"{turns[-1].text}\n\n{message.text}")
        else:
            turns.append(Turn("user" if message.is_from_user else "assistant", message.text))
    return tuple(turns)
