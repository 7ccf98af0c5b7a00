"""What is sent of a path: turns that alternate, whatever happened on the way."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chat.delivery.history import turns_of
from chat.models import Message

messages = st.builds(Message, role=st.sampled_from(["user", "assistant"]), text=st.text(max_size=5))


def path(*turns: tuple[str, str]) -> list[Message]:
    return [Message(role=role, text=text) for role, text in turns]


def test_an_answer_that_never_came_is_left_out_and_the_questions_are_joined():
    turns = turns_of(path(("user", "one"), ("assistant", ""), ("user", "two")))
    assert [(turn.role, turn.text) for turn in turns] == [("user", "one\n\ntwo")]


@given(st.lists(messages))
def test_turns_alternate_and_lose_no_text(path):
    turns = turns_of(path)
    assert all(before.role != after.role for before, after in pairwise(turns))
    kept = "\n\n".join(turn.text for turn in turns)
    assert kept == "\n\n".join(message.text for message in path if message.text.strip())
