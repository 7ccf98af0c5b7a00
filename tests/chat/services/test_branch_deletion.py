"""Deleting a branch: what is below goes, the path finds another way, the ledger keeps its numbers."""

import pytest

from chat.models import Conversation, Message, Reply
from chat.services import branches
from chat.services.messages import Overtaken
from tests.chat.branching import again, answered, complete, edit, leaf
from tests.chat.sending import send
from tests.chat.services.test_branches import model_after_flush
from tests.racing import race


@pytest.fixture
def first(alice, alice_key, llama):
    return answered(send(alice, "one", model=llama))


@pytest.fixture
def second(alice, first, llama):
    return answered(send(alice, "two", model=llama, conversation=first.question.conversation))


def test_a_question_goes_with_all_below_it_and_the_path_ends_above(first, second):
    again(second.answer)
    branches.delete_branch(message=second.question)
    assert leaf(first.question.conversation) == first.answer
    assert Message.objects.count() == 2


def test_the_path_goes_on_through_the_nearest_version(first, second):
    version = complete(again(second.answer))
    newest = complete(again(second.answer))
    branches.choose_version(message=version)
    branches.delete_branch(message=version)
    assert leaf(first.question.conversation) == second.answer
    branches.delete_branch(message=second.answer)
    assert leaf(first.question.conversation) == newest


def test_an_only_answer_stays_with_its_question(second):
    with pytest.raises(branches.OnlyAnswer):
        branches.delete_branch(message=second.answer)
    assert leaf(second.question.conversation) == second.answer


def test_the_first_question_of_all_leaves_an_empty_conversation_that_goes_on(alice, first, second, llama):
    conversation = first.question.conversation
    branches.delete_branch(message=first.question)
    assert leaf(conversation) is None
    turn = send(alice, "anew", model=llama, conversation=Conversation.objects.get(pk=conversation.pk))
    assert turn.question.parent is None


def test_what_runs_below_is_stopped_and_stays_in_the_ledger(alice, first, llama):
    running = send(alice, "two", model=llama, conversation=first.question.conversation)
    branches.delete_branch(message=running.question)
    left = Reply.objects.get(pk=running.answer.reply.pk)
    assert (left.state, left.message, left.owner) == ("stopped", None, alice)
    assert Reply.objects.count() == 2


def test_a_branch_beside_the_path_goes_without_moving_it(first, second, llama):
    other = edit(second.question, "too", model=llama)
    branches.delete_branch(message=second.question)
    assert leaf(first.question.conversation) == other.answer


def test_what_is_gone_already_is_said_to_be(first, second):
    branches.delete_branch(message=second.question)
    for gone in (second.question, second.answer):
        with pytest.raises(branches.Gone):
            branches.choose_version(message=gone)


def test_a_thousand_levels_go_at_once(first, second, llama):
    parent = second.answer
    rows = []
    for number in range(1200):
        role = "assistant" if number % 2 else "user"
        rows.append(Message(conversation=first.question.conversation, parent=parent, role=role, text=str(number)))
        parent = rows[-1]
    Message.objects.bulk_create(rows)
    branches.delete_branch(message=second.question)
    assert Message.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_whoever_sends_while_another_tab_deletes_loses_nothing_and_nobody_waits_for_ever(alice, alice_key):
    llama = model_after_flush()
    first = answered(send(alice, "one", model=llama))
    for number in range(5):
        tab = Conversation.objects.select_related("owner").get(pk=first.question.conversation_id)
        last = answered(send(alice, f"two {number}", model=llama, conversation=tab))
        tab = Conversation.objects.select_related("owner").get(pk=tab.pk)
        sent, _deleted = race(
            lambda tab=tab: send(alice, "more", model=llama, conversation=tab),
            lambda last=last: branches.delete_branch(message=last.question),
        )
        # Either behind what was left, or sent first and deleted with it: never half of it.
        assert not isinstance(sent, Overtaken | Exception), sent
        end = leaf(tab)
        assert end is not None
        assert Reply.objects.filter(message__isnull=False).count() == Message.objects.filter(role="assistant").count()
