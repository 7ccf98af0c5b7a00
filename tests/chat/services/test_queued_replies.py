"""Taking a message back that waits for the answer above it: it is as if it was never sent, and its text is left."""

import uuid

import pytest
from django.utils import timezone

from chat.models import Budget, Conversation, Draft, Message, Reply
from chat.queries import path_to, unsent_attachments
from chat.services.drafts import draft_for, save_draft
from chat.services.messages import send_message
from chat.services.queued_replies import AlreadySent, send_regardless, take_back
from chat.services.replies import stop_reply
from tests.chat.attaching import text_of
from tests.chat.sending import send


@pytest.fixture
def behind(alice, reply, conversation, llama):
    """Two that wait for `reply`, which is with Segmind."""
    reply.move(to="submitting", submit_started_at=timezone.now())
    return [send(alice, text, model=llama, conversation=conversation).answer.reply for text in ("second", "third")]


def path(conversation: Conversation) -> list[str]:
    conversation.refresh_from_db()
    return [message.text for message in path_to(conversation.active_leaf_id) if message.is_from_user]


def test_the_last_one_is_taken_out_and_its_text_is_the_draft(behind, conversation):
    assert take_back(reply=behind[1]).text == "third"
    assert path(conversation) == ["hello", "second"]
    assert conversation.messages.count() == 4
    assert draft_for(conversation).text == "third"
    assert Reply.objects.get(pk=behind[1].pk).state == "stopped"


def test_its_files_are_those_of_the_next_message(alice, reply, conversation, llama):
    reply.move(to="submitting", submit_started_at=timezone.now())
    table = text_of(alice)
    answer = send(alice, "second", model=llama, conversation=conversation, attachments=[table]).answer
    assert unsent_attachments(conversation) == []
    assert take_back(reply=answer.reply).attachments == [table]
    assert unsent_attachments(conversation) == [table]


def test_what_was_written_behind_it_moves_up(behind, conversation):
    take_back(reply=behind[0])
    assert path(conversation) == ["hello", "third"]
    behind[1].refresh_from_db()
    assert behind[1].state == "queued"


def test_it_stands_in_front_of_what_was_typed_since(behind, conversation):
    client_id = uuid.uuid4()
    save_draft(conversation=conversation, client_id=client_id, text="typed since")
    take_back(reply=behind[1])
    assert draft_for(conversation).text == "third\n\ntyped since"
    assert Draft.objects.get().client_id == client_id


def test_what_it_held_back_is_free_again(alice, reply, conversation, llama):
    budget = Budget.objects.create(owner=alice, limit=100)
    taken = send(alice, "second", model=llama, conversation=conversation).answer.reply
    take_back(reply=taken)
    assert Budget.objects.with_amounts().get(pk=budget.pk).reserved == 0


@pytest.mark.parametrize("state", ["submitting", "processing", "completed", "unknown"])
def test_what_has_been_sent_stays(behind, conversation, state):
    billed = {"submitting": "no", "processing": "no", "completed": "yes", "unknown": "unknown"}[state]
    finished_at = timezone.now() if billed != "no" else None
    Reply.objects.filter(pk=behind[0].pk).update(
        state=state, billed=billed, submit_started_at=timezone.now(), finished_at=finished_at
    )
    with pytest.raises(AlreadySent):
        take_back(reply=behind[0])
    assert path(conversation) == ["hello", "second", "third"]
    assert not Draft.objects.exists()


def test_the_first_message_of_a_conversation_waits_for_nothing(reply, conversation):
    with pytest.raises(AlreadySent):
        take_back(reply=reply)
    assert path(conversation) == ["hello"]


def test_the_same_message_can_be_sent_again(behind, conversation, llama):
    client_id = Message.objects.get(text="third").client_id
    take_back(reply=behind[1])
    turn = send_message(conversation=conversation, model=llama, client_id=client_id, text="third")
    assert turn.answer.reply.state == "queued"
    assert path(conversation) == ["hello", "second", "third"]


def test_sending_regardless_is_for_what_still_waits(behind):
    assert send_regardless(reply=behind[0])
    stop_reply(reply=behind[1])
    assert not send_regardless(reply=behind[1])
