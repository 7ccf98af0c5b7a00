"""Several models asked at once: all in one transaction, each with its own reply, until one is chosen."""

import uuid

import pytest

from chat.models import Budget, Conversation, Message, Reply
from chat.queries import transcript
from chat.services import branches
from chat.services.comparisons import ask_several, settle
from chat.services.messages import NoUsableKey, SentOtherText
from tests.chat.branching import complete, leaf


def compare(person, *models, conversation=None, client_id=None, text="Who is right?"):
    conversation = conversation or Conversation(owner=person)
    models = list(models)
    return ask_several(conversation=conversation, client_id=client_id or uuid.uuid4(), text=text, models=models)


@pytest.fixture
def comparison(alice, alice_key, llama, haiku):
    return compare(alice, llama, haiku)


def test_each_model_gets_an_answer_and_a_reply_of_its_own(alice, comparison, llama, haiku):
    answers = comparison.question.children.order_by("created_at")
    assert [answer.model for answer in answers] == [llama, haiku]
    assert [(reply.model, reply.state) for reply in Reply.objects.order_by("created_at")] == [
        (llama, "queued"),
        (haiku, "queued"),
    ]
    assert leaf(comparison.question.conversation) == answers[0]
    assert Conversation.objects.get().title == "Who is right?"


def test_the_same_form_twice_asks_once(alice, alice_key, llama, haiku):
    client_id, conversation = uuid.uuid4(), Conversation(owner=alice)
    turns = [compare(alice, llama, haiku, conversation=conversation, client_id=client_id) for _ in range(2)]
    assert [len(turn.answer.comparison) for turn in turns] == [2, 2]
    assert Reply.objects.count() == 2
    with pytest.raises(SentOtherText):
        compare(alice, llama, haiku, conversation=conversation, client_id=client_id, text="Something else")


def test_without_a_key_nothing_is_stored(alice, llama, haiku):
    with pytest.raises(NoUsableKey):
        compare(alice, llama, haiku)
    assert not Conversation.objects.exists()


def test_those_for_which_there_is_no_money_fail_beside_the_others(alice, alice_key, llama, haiku):
    budget = Budget.objects.create(owner=alice, limit=llama.reservation)
    turn = compare(alice, llama, haiku)
    assert [(answer.reply.state, answer.reply.failure_kind) for answer in turn.answer.comparison] == [
        ("queued", ""),
        ("failed", "budget"),
    ]
    assert Budget.objects.with_amounts().get(pk=budget.pk).reserved == llama.reservation


def test_the_end_of_the_path_shows_all_of_them_until_one_is_chosen(comparison):
    conversation = comparison.question.conversation
    shown = transcript(conversation.active_leaf_id)
    assert [answer.reply.state for answer in shown.messages[-1].comparison] == ["queued", "queued"]
    assert all(reply.is_running for reply in shown.replies)

    other = comparison.answer.comparison[1]
    branches.choose_version(message=other)
    shown = transcript(leaf(conversation).pk)
    assert (shown.messages[-1].pk, shown.messages[-1].comparison) == (other.pk, None)
    assert (shown.messages[-1].versions.number, shown.messages[-1].versions.count) == (2, 2)


def test_sending_on_undecided_goes_on_with_the_first_that_is_there(comparison):
    _first, other = comparison.answer.comparison
    complete(other)
    settle(conversation=comparison.question.conversation)
    assert leaf(comparison.question.conversation) == other
    assert not Message.objects.filter(compared=True).exists()


def test_sending_on_while_none_is_there_goes_on_with_the_one_asked_first(comparison):
    settle(conversation=comparison.question.conversation)
    assert leaf(comparison.question.conversation) == comparison.answer


def test_settling_what_is_settled_changes_nothing(comparison):
    branches.choose_version(message=comparison.answer.comparison[1])
    conversation = Conversation.objects.get()
    assert settle(conversation=conversation).active_leaf_id == comparison.answer.comparison[1].pk
