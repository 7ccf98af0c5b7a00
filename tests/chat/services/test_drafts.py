"""A draft is there until its message is sent, and never again after that."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.signals import person_leaving
from chat.models import Conversation, Draft
from chat.services.conversations import delete_conversation
from chat.services.drafts import delete_old_drafts, draft_for, save_draft
from chat.services.messages import send_message


def texts() -> list[str]:
    return list(Draft.objects.order_by("updated_at").values_list("text", flat=True))


@pytest.fixture
def client_id():
    return uuid.uuid4()


def test_there_is_one_for_each_conversation_and_the_last_to_write_wins(alice, conversation, client_id):
    save_draft(conversation=conversation, client_id=client_id, text="one")
    save_draft(conversation=conversation, client_id=uuid.uuid4(), text="two\n")
    assert texts() == ["two\n"]
    assert draft_for(conversation).text == "two\n"


def test_a_new_conversation_goes_on_with_the_newest_that_is_for_no_stored_one(alice, bob, conversation, client_id):
    save_draft(conversation=conversation, client_id=client_id, text="in the old one")
    for text in ("first", "second"):
        save_draft(conversation=Conversation(owner=alice), client_id=uuid.uuid4(), text=text)
    save_draft(conversation=Conversation(owner=bob), client_id=uuid.uuid4(), text="Bob's")
    assert draft_for(Conversation(owner=alice)).text == "second"
    assert draft_for(conversation).text == "in the old one"


@pytest.mark.parametrize("text", ["", "  \n"])
def test_without_text_there_is_none(conversation, client_id, text):
    save_draft(conversation=conversation, client_id=client_id, text="something")
    save_draft(conversation=conversation, client_id=client_id, text=text)
    assert texts() == []


def test_sending_ends_it_in_the_same_transaction_and_without_a_query(alice, alice_key, llama, conversation, client_id):
    message = {"conversation": conversation, "model": llama}
    with CaptureQueriesContext(connection) as without:
        send_message(**message, client_id=uuid.uuid4(), text="another")
    save_draft(conversation=conversation, client_id=client_id, text="hello")
    with CaptureQueriesContext(connection) as with_draft:
        send_message(**message, client_id=client_id, text="hello")
    assert texts() == []
    assert len(with_draft) == len(without)


def test_sending_from_one_tab_leaves_what_another_has_typed(alice, alice_key, llama, conversation, client_id):
    save_draft(conversation=conversation, client_id=uuid.uuid4(), text="from the other tab")
    send_message(conversation=conversation, model=llama, client_id=client_id, text="hello")
    assert texts() == ["from the other tab"]


@pytest.mark.parametrize(("late", "kept"), [("hello", []), (" hello\n", []), ("hello and more", ["and more"])])
def test_what_comes_late_is_no_draft_but_for_what_was_typed_behind_it(
    alice, alice_key, llama, conversation, client_id, late, kept
):
    send_message(conversation=conversation, model=llama, client_id=client_id, text="hello")
    save_draft(conversation=conversation, client_id=client_id, text=late)
    assert texts() == kept
    assert client_id not in Draft.objects.values_list("client_id", flat=True)


def test_one_that_was_saved_in_the_very_moment_of_sending_is_not_shown_and_goes_at_night(
    alice, alice_key, llama, conversation, client_id
):
    send_message(conversation=conversation, model=llama, client_id=client_id, text="hello")
    Draft.objects.create(
        owner=alice, conversation_id=conversation.pk, client_id=client_id, text="hello", updated_at=timezone.now()
    )
    assert draft_for(conversation) is None
    assert delete_old_drafts() == 1


def test_after_thirty_days_it_is_forgotten(alice, conversation, client_id):
    save_draft(conversation=conversation, client_id=client_id, text="old")
    save_draft(conversation=Conversation(owner=alice), client_id=uuid.uuid4(), text="new")
    Draft.objects.filter(text="old").update(updated_at=timezone.now() - timedelta(days=31))
    assert delete_old_drafts() == 1
    assert texts() == ["new"]


def test_it_goes_with_its_conversation_and_with_its_person(alice, bob, conversation, client_id):
    save_draft(conversation=conversation, client_id=client_id, text="in the conversation")
    save_draft(conversation=Conversation(owner=alice), client_id=uuid.uuid4(), text="for a new one")
    save_draft(conversation=Conversation(owner=bob), client_id=uuid.uuid4(), text="Bob's")
    delete_conversation(conversation=conversation)
    assert texts() == ["for a new one", "Bob's"]
    person_leaving.send(sender=type(alice), person=alice)
    assert texts() == ["Bob's"]
