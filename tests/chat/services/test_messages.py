"""Sending: all of it or nothing, and once."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.models import ApiKey, User
from chat.models import Conversation, LanguageModel, Message, Reply
from chat.services.messages import NoUsableKey, SentOtherText, send_message
from tests.chat.sending import send


def test_sending_stores_conversation_message_answer_and_a_queued_reply(alice, alice_key, llama):
    turn = send(alice, "  What is a  tree?\nTell me. ", model=llama, instruction="Be brief.", temperature=0.2)

    conversation = Conversation.objects.get()
    reply = Reply.objects.get()
    assert (conversation.owner, conversation.title) == (alice, "What is a tree? Tell me.")
    assert conversation.active_leaf == turn.answer
    assert [(m.role, m.parent) for m in (turn.question, turn.answer)] == [("user", None), ("assistant", turn.question)]
    assert (reply.message, reply.state, reply.api_key, reply.version) == (turn.answer, "queued", alice_key, "v1")


def test_the_second_message_goes_on_from_the_first(alice, conversation, llama):
    leaf = conversation.active_leaf
    turn = send(alice, "and then?", model=llama, conversation=conversation)
    assert turn.question.parent == leaf
    assert conversation.messages.count() == 4


def test_a_model_gets_only_what_it_takes(alice, alice_key, llama):
    answer = send(alice, "hello", model=llama, instruction="Be brief.", temperature=0.2).answer
    assert (answer.instruction, answer.temperature) == ("Be brief.", None)


def test_one_client_id_twice_is_one_message(alice, conversation, question, llama):
    again = send_message(conversation=conversation, client_id=question.client_id, text="hello", model=llama)

    assert again.question == question
    assert list(conversation.messages.filter(role="user").values_list("text", flat=True)) == ["hello"]
    assert Reply.objects.count() == 1


def test_one_client_id_with_another_text_changes_nothing(conversation, question, llama):
    with pytest.raises(SentOtherText):
        send_message(conversation=conversation, client_id=question.client_id, text="other", model=llama)
    assert Message.objects.get(pk=question.pk).text == "hello"
    assert Message.objects.count() == 2


def test_without_a_key_nothing_is_stored(alice, llama):
    with pytest.raises(NoUsableKey):
        send(alice, "hello", model=llama)
    assert not Conversation.objects.exists()


def test_rolling_back_leaves_nothing_to_send(alice, alice_key, llama):
    with transaction.atomic():
        send(alice, "hello", model=llama)
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert not Reply.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_on_an_empty_page_makes_one_conversation(alice: User, alice_key: ApiKey):
    # The flush after other transactional tests takes the catalogue away.
    llama = LanguageModel.objects.get_or_create(
        slug="llama-v3-8b-instruct", defaults={"label": "Llama", "wire_format": "openai", "version": "v1"}
    )[0]
    conversation_id, client_id = uuid.uuid4(), uuid.uuid4()

    def click(_: int) -> uuid.UUID:
        try:
            new = Conversation(pk=conversation_id, owner=alice)
            return send_message(conversation=new, client_id=client_id, text="hello", model=llama).question.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as clicks:
        seen = set(clicks.map(click, range(4)))
    assert len(seen) == 1
    assert Reply.objects.count() == 1
