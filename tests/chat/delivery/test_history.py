"""What is sent of a path: whole exchanges up to the budget, as turns that alternate, whatever happened on the way."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chat.delivery.history import JOINT, Memory, turns_within
from chat.models import Message
from tests.chat.sending import send

LARGE = 10**9

texts = st.text(max_size=12)
questions = st.builds(Message, role=st.just("user"), text=texts.filter(str.strip))
answers = st.builds(Message, role=st.just("assistant"), text=st.one_of(st.just(""), texts))
budgets = st.integers(0, 120)


@st.composite
def paths(draw) -> list[Message]:
    """Questions with their answers, which may never have come, and the newest question."""
    exchanges = draw(st.lists(st.tuples(questions, answers), max_size=8))
    return [message for exchange in exchanges for message in exchange] + [draw(questions)]


def path(*turns: tuple[str, str]) -> list[Message]:
    return [Message(role=role, text=text) for role, text in turns]


def sent(memory: Memory) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in memory.turns]


def characters(memory: Memory) -> int:
    return sum(len(turn.text) for turn in memory.turns)


def start(path: list[Message], memory: Memory) -> int:
    """The place in the path of the first message that was sent."""
    return [message.pk for message in path].index(memory.begins_at) if memory.begins_at else 0


def test_an_answer_that_never_came_is_left_out_and_the_questions_are_joined():
    memory = turns_within(path(("user", "one"), ("assistant", ""), ("user", "two")), characters=LARGE)
    assert sent(memory) == [("user", "one\n\ntwo")]
    assert memory.begins_at is None


def test_the_oldest_exchange_is_left_out_with_its_answer():
    long_path = path(("user", "a" * 50), ("assistant", "b"), ("user", "c" * 20), ("assistant", "d"), ("user", "e"))
    memory = turns_within(long_path, characters=40)
    assert sent(memory) == [("user", "c" * 20), ("assistant", "d"), ("user", "e")]
    assert memory.begins_at == long_path[2].pk


def test_the_instruction_takes_its_part_of_the_budget():
    whole = path(("user", "a" * 20), ("assistant", "b" * 20), ("user", "c"))
    assert turns_within(whole, characters=50).begins_at is None
    assert turns_within(whole, characters=50, instruction="Be brief.").begins_at == whole[2].pk


def test_a_question_too_long_that_failed_does_not_make_the_next_one_fail():
    memory = turns_within(path(("user", "a" * 500), ("assistant", ""), ("user", "shorter")), characters=100)
    assert sent(memory) == [("user", "shorter")]


@given(paths())
def test_within_the_budget_no_text_is_lost(path):
    memory = turns_within(path, characters=LARGE)
    assert memory.begins_at is None
    assert JOINT.join(turn.text for turn in memory.turns) == JOINT.join(m.text for m in path if m.text.strip())


@given(paths(), budgets, st.text(max_size=10))
def test_turns_alternate_and_begin_and_end_with_the_person(path, budget, instruction):
    roles = [role for role, _ in sent(turns_within(path, characters=budget, instruction=instruction))]
    assert all(before != after for before, after in pairwise(roles))
    assert (roles[0], roles[-1]) == ("user", "user")


@given(paths(), budgets, st.text(max_size=10))
def test_the_newest_question_is_sent_whole_and_alone_may_pass_the_budget(path, budget, instruction):
    memory = turns_within(path, characters=budget, instruction=instruction)
    assert memory.turns[-1].text.endswith(path[-1].text)
    assert characters(memory) + len(instruction) <= budget or sent(memory) == [("user", path[-1].text)]


@given(paths(), budgets)
def test_what_is_left_out_are_whole_pairs_at_the_beginning(path, budget):
    memory = turns_within(path, characters=budget)
    begins = start(path, memory)
    assert path[begins].is_from_user
    assert memory.turns == turns_within(path[begins:], characters=LARGE).turns


@given(paths(), budgets, budgets)
def test_a_larger_budget_never_forgets_more(path, one, other):
    small, large = sorted((one, other))
    forgets_more, forgets_less = (start(path, turns_within(path, characters=budget)) for budget in (small, large))
    assert forgets_less <= forgets_more


@given(paths(), answers, questions, budgets)
def test_as_a_conversation_grows_nothing_comes_back(path, answer, question, budget):
    longer = [*path, answer, question]
    before, after = (start(each, turns_within(each, characters=budget)) for each in (path, longer))
    assert before <= after


def test_a_reply_knows_from_where_on_it_was_asked(alice, alice_key, llama, segmind, deliver):
    llama.context_tokens, llama.characters_per_token = 20, 2.0
    llama.save()
    first = send(alice, "a" * 30, model=llama)
    whole = deliver(first.answer.reply)
    second = send(alice, "b" * 30, model=llama, conversation=first.question.conversation)
    part = deliver(second.answer.reply)
    assert (whole.remembers_from, part.remembers_from) == (None, second.question.pk)
    assert segmind.submitted[-1]["messages"] == [{"role": "user", "content": "b" * 30}]
