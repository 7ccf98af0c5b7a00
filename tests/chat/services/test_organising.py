"""Names, pins, the archive, and above all the trash: nothing is sent from it, written in it, or lost too early."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from chat import tasks
from chat.models import Conversation, Message, Reply
from chat.models.conversation import TRASH_KEEPS
from chat.services import organising
from chat.services.conversations import delete_all_of
from chat.services.messages import InTrash
from tests.chat.sending import send


def test_what_is_on_its_way_is_stopped_and_is_not_sent(conversation, reply, segmind, deliver):
    organising.trash_conversation(conversation=conversation)
    assert deliver(reply).state == "stopped"
    assert segmind.calls == []


def test_restoring_puts_it_back_as_it_was(alice, conversation):
    organising.pin_conversation(conversation=conversation)
    organising.trash_conversation(conversation=conversation)
    assert list(Conversation.objects.visible_to(alice)) == []
    organising.restore_conversation(conversation=conversation)
    assert Conversation.objects.visible_to(alice).listed().get().is_pinned
    assert Message.objects.get(role="user").text == "hello"


def test_a_message_into_a_trashed_conversation_is_refused_and_leaves_nothing(alice, conversation, llama):
    stale = Conversation.objects.select_related("owner").get(pk=conversation.pk)
    organising.trash_conversation(conversation=conversation)
    for seen in (stale, conversation):
        with pytest.raises(InTrash):
            send(alice, "too late", model=llama, conversation=seen)
    assert list(Message.objects.filter(role="user").values_list("text", flat=True)) == ["hello"]
    assert not Reply.objects.running().exists()


def test_writing_in_an_archived_conversation_brings_it_back(alice, conversation, llama):
    organising.archive_conversation(conversation=conversation)
    assert not Conversation.objects.visible_to(alice).listed().exists()
    send(alice, "once more", model=llama, conversation=conversation)
    assert Conversation.objects.visible_to(alice).listed().exists()


def trashed_since(conversation, age):
    Conversation.objects.filter(pk=conversation.pk).update(trashed_at=timezone.now() - age)


def test_the_nightly_job_removes_what_has_been_in_the_trash_for_thirty_days(conversation):
    trashed_since(conversation, TRASH_KEEPS)
    async_to_sync(tasks.purge_trash.func)(timestamp=0)
    assert not Conversation.objects.exists()
    assert [(left.state, left.message_id) for left in Reply.objects.all()] == [("stopped", None)]


def test_thirty_days_are_thirty_days(alice, conversation, llama):
    trashed_since(conversation, TRASH_KEEPS - timedelta(minutes=1))
    send(alice, "not in the trash", model=llama)
    assert organising.purge_trash() == 0
    trashed_since(conversation, TRASH_KEEPS)
    assert organising.purge_trash() == 1
    assert [left.title for left in Conversation.objects.all()] == ["not in the trash"]


def test_emptying_takes_ones_own_trash_alone(alice, bob, conversation, llama):
    organising.trash_conversation(conversation=conversation)
    his = Conversation.objects.create(owner=bob, title="his", updated_at=timezone.now(), trashed_at=timezone.now())
    kept = send(alice, "kept", model=llama).question.conversation
    assert organising.empty_trash(owner=alice) == 1
    assert set(Conversation.objects.all()) == {his, kept}


def test_what_was_restored_meanwhile_is_not_removed(conversation):
    assert organising.remove_one_by_one([conversation.pk]) == 0
    assert Conversation.objects.exists()


def test_somebody_who_leaves_leaves_nothing_in_the_trash(alice, conversation):
    organising.trash_conversation(conversation=conversation)
    delete_all_of(owner=alice)
    assert not Conversation.objects.exists()
