"""The tree: edit, try again, choose, continue, copy. What is there stays, and what is asked is asked once."""

import uuid

import pytest

from chat import tree
from chat.models import Conversation, LanguageModel, Message, Reply
from chat.models.message import Versions
from chat.queries import path_to
from chat.services import branches
from chat.services.messages import NoUsableKey, SentOtherText
from tests.chat.branching import again, answered, complete, edit, leaf
from tests.chat.sending import send
from tests.racing import race


@pytest.fixture
def first(alice, alice_key, llama):
    """Alice has asked "one" and got an answer."""
    return answered(send(alice, "one", model=llama))


@pytest.fixture
def second(alice, first, llama):
    """Alice has asked "two" after it, and got an answer."""
    return answered(send(alice, "two", model=llama, conversation=first.question.conversation))


def texts(conversation: Conversation) -> list[str]:
    end = leaf(conversation)
    return [message.text for message in path_to(end.pk if end else None)]


def test_an_edit_is_a_branch_with_its_own_reply_and_the_old_one_stays(first, second, llama):
    turn = edit(second.question, "too", model=llama)
    assert (turn.question.parent, leaf(turn.question.conversation)) == (first.answer, turn.answer)
    assert turn.answer.reply.state == "queued"
    assert texts(turn.question.conversation) == ["one", "An answer.", "too", ""]
    assert Message.objects.filter(pk__in=[second.question.pk, second.answer.pk]).count() == 2


def test_the_first_message_can_be_edited_too(first, llama):
    turn = edit(first.question, "uno", model=llama)
    assert turn.question.parent is None
    assert texts(turn.question.conversation) == ["uno", ""]


def test_an_edit_sent_twice_is_one_and_with_another_text_none(second, llama):
    client_id = uuid.uuid4()
    turns = [edit(second.question, "too", model=llama, client_id=client_id) for _ in range(2)]
    assert turns[0].question == turns[1].question
    assert Reply.objects.count() == 3
    with pytest.raises(SentOtherText):
        edit(second.question, "tu", model=llama, client_id=client_id)


def test_an_edit_that_nobody_pays_for_changes_nothing(second, llama, alice_key):
    alice_key.delete()
    with pytest.raises(NoUsableKey):
        edit(second.question, "too", model=llama)
    assert leaf(second.question.conversation) == second.answer
    assert Message.objects.count() == 4


def test_trying_a_completed_answer_again_makes_a_version_beside_it(second, haiku):
    version = again(second.answer, model=haiku)
    assert (version.parent, version.model, version.reply.state) == (second.question, haiku, "queued")
    assert leaf(version.conversation) == version
    assert Reply.objects.get(message=second.answer).state == "completed"


def test_a_version_asked_for_twice_by_one_button_is_asked_for_once(second):
    client_id = uuid.uuid4()
    assert again(second.answer, client_id=client_id) == again(second.answer, client_id=client_id)
    assert Reply.objects.count() == 3


def test_what_is_not_answered_yet_has_no_other_version(alice, first, llama):
    waiting = send(alice, "two", model=llama, conversation=first.question.conversation)
    with pytest.raises(branches.NotFinished):
        again(waiting.answer)


def test_a_model_that_is_not_on_offer_is_not_asked_again(second, llama):
    llama.enabled = False
    llama.save()
    with pytest.raises(branches.NotOnOffer):
        again(second.answer)


def test_choosing_a_version_leads_to_where_it_was_left(alice, first, second, llama):
    other = answered(edit(first.question, "uno", model=llama))
    deeper = answered(send(alice, "due", model=llama, conversation=leaf(first.question.conversation).conversation))
    branches.choose_version(message=first.question)
    assert leaf(first.question.conversation) == second.answer
    branches.choose_version(message=other.question)
    assert leaf(first.question.conversation) == deeper.answer


def test_of_several_ends_below_it_is_the_one_last_shown_not_the_newest(first, second, llama):
    newer = answered(edit(second.question, "too", model=llama))
    branches.choose_version(message=second.question)
    answered(edit(first.question, "uno", model=llama))
    branches.choose_version(message=first.question)
    assert leaf(first.question.conversation) == second.answer
    assert newer.question.created_at > second.question.created_at


def test_where_it_was_left_is_forgotten_once_that_is_gone(first, second, llama):
    newer = answered(edit(second.question, "too", model=llama))
    edit(first.question, "uno", model=llama)
    branches.delete_branch(message=newer.question)
    branches.choose_version(message=first.question)
    assert leaf(first.question.conversation) == second.answer


def test_an_answer_that_was_cut_off_is_continued_by_a_turn(alice, first, second):
    turn = branches.continue_answer(answer=first.answer, client_id=uuid.uuid4(), text="Continue")
    assert (turn.question.parent, turn.question.text, turn.answer.model) == (
        first.answer,
        "Continue",
        first.answer.model,
    )
    assert leaf(turn.question.conversation) == turn.answer
    assert Message.objects.filter(pk=second.answer.pk).exists()


def test_a_copy_has_the_path_and_no_cost(alice, first, second, llama):
    edit(second.question, "too", model=llama)
    made = branches.start_from(message=second.answer, conversation_id=uuid.uuid4(), owner=alice)
    assert texts(made) == ["one", "An answer.", "two", "An answer."]
    assert (made.owner, made.title, made.origin_id) == (alice, "one", second.answer.pk)
    assert not Reply.objects.filter(message__conversation=made).exists()
    assert Message.objects.filter(conversation=first.question.conversation).count() == 6


def test_a_copy_goes_on_and_can_be_tried_again_by_itself(alice, first, llama):
    made = branches.start_from(message=first.answer, conversation_id=uuid.uuid4(), owner=alice)
    version = again(leaf(made))
    turn = send(alice, "and then?", model=llama, conversation=Conversation.objects.get(pk=made.pk))
    assert turn.question.parent == version
    assert Reply.objects.filter(message__conversation=made).count() == 2


def test_one_button_makes_one_copy_and_nobody_gets_anothers_id(alice, bob, first):
    new_id = uuid.uuid4()
    for _ in range(2):
        branches.start_from(message=first.answer, conversation_id=new_id, owner=alice)
    assert Message.objects.filter(conversation=new_id).count() == 2
    with pytest.raises(branches.Gone):
        branches.start_from(message=first.answer, conversation_id=new_id, owner=bob)


def test_versions_tell_their_place_and_the_ways_on(second, first):
    version = complete(again(second.answer))
    path = path_to(version.pk)
    tree.attach_versions(path)
    assert [message.versions for message in path[:3]] == [None, None, None]
    assert path[3].versions == Versions(2, 2, previous_id=second.answer.pk, next_id=None, is_last=True)


def test_all_versions_of_a_page_are_one_query(second, django_assert_num_queries):
    again(second.answer)
    for path in (path_to(second.question.pk), path_to(second.answer.pk)):
        with django_assert_num_queries(1):
            tree.attach_versions(path)


@pytest.mark.django_db(transaction=True)
def test_whoever_sends_while_another_tab_chooses_loses_nothing(alice, alice_key):
    llama = model_after_flush()
    first = answered(send(alice, "one", model=llama))
    conversation = first.question.conversation
    edit(first.question, "uno", model=llama)
    for number in range(5):
        tab = Conversation.objects.select_related("owner").get(pk=conversation.pk)
        text = f"more {number}"
        outcomes = race(
            lambda tab=tab, text=text: send(alice, text, model=llama, conversation=tab),
            lambda number=number: branches.choose_version(
                message=Message.objects.filter(parent=None).order_by("created_at")[number % 2]
            ),
        )
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        sent = Message.objects.get(text=text)
        assert sent.parent.role == "assistant"
        assert sent.replies.count() == 0
        assert sent.children.get().replies.count() == 1


def model_after_flush():
    """The flush after other transactional tests takes the catalogue away."""
    facts = {"label": "Llama", "wire_format": "openai", "version": "v1", "enabled": True}
    return LanguageModel.objects.get_or_create(slug="llama-v3-8b-instruct", defaults=facts)[0]
