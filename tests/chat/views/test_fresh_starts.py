"""Starting fresh: what stands above is kept and no longer sent, on every branch through that message, until undone."""

import uuid

import pytest

from chat.models import Conversation, Message
from chat.queries import history_characters, path_to_send
from chat.services.attachments import enclose
from chat.services.fresh_starts import start_fresh
from tests.chat.attaching import text_of
from tests.chat.sending import send

HTMX = {"HX-Request": "true"}
LINE = "Started fresh: the model remembers from here on"


def undo_address(message: Message) -> str:
    return f"/c/{message.conversation_id}/fresh-start/{message.pk}/removal/"


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


@pytest.fixture
def answered(conversation, reply, deliver) -> Conversation:
    """Alice has asked "hello", and read "Hi!"."""
    deliver(reply)
    return fresh(conversation)


def test_what_is_sent_begins_after_it(alice, answered, llama, segmind, deliver):
    start_fresh(conversation=answered)
    turn = send(alice, "and now?", model=llama, conversation=answered)
    deliver(turn.answer.reply)
    assert [message["content"] for message in segmind.submitted[-1]["messages"]] == ["and now?"]
    assert Message.objects.filter(conversation=answered).count() == 4
    next_turn = send(alice, "more", model=llama, conversation=fresh(answered))
    deliver(next_turn.answer.reply)
    assert [message["content"] for message in segmind.submitted[-1]["messages"]] == ["and now?", "Hi!", "more"]


def test_another_version_before_it_knows_nothing_of_it(alice, answered):
    start_fresh(conversation=answered)
    question = answered.messages.get(role="user")
    sibling = Message.objects.create(conversation=answered, parent=question, role="assistant", text="Another answer")
    asked = Message.objects.create(conversation=answered, parent=sibling, role="user", text="on this branch")
    assert [message.text for message in path_to_send(asked.pk)] == ["hello", "Another answer", "on this branch"]
    there = Message.objects.create(conversation=answered, parent=answered.active_leaf, role="user", text="on that")
    assert [message.text for message in path_to_send(there.pk)] == ["on that"]


def test_the_line_stands_below_the_message_and_undo_takes_it_away(client, alice, answered):
    client.force_login(alice)
    address = answered.get_absolute_url()
    assert LINE not in client.get(address).content.decode()
    assert client.post(f"{address}fresh-start/")["Location"] == address
    page = client.get(address).content.decode()
    assert page.count(LINE) == 1
    assert page.index("Hi!") < page.index(LINE)
    assert 'value="0"' in page[page.index('id="history"') :][:60]
    client.post(undo_address(answered.active_leaf))
    page = client.get(address).content.decode()
    assert LINE not in page
    assert 'value="12"' in page[page.index('id="history"') :][:60]


def test_the_fragments_bring_line_and_gauge_and_twice_is_one_line(client, alice, answered):
    client.force_login(alice)
    for _ in range(2):
        page = client.post(f"{answered.get_absolute_url()}fresh-start/", headers=HTMX).content.decode()
        assert f'hx-swap-oob="afterend:#message-{answered.active_leaf_id}"' in page
        assert f'hx-swap-oob="delete:#fresh-start-{answered.active_leaf_id}"' in page
        assert 'value="0" hx-swap-oob="true"' in page
    page = client.post(undo_address(answered.active_leaf), headers=HTMX).content.decode()
    assert LINE not in page
    assert 'value="12" hx-swap-oob="true"' in page


def test_only_in_ones_own_conversation(client, answered, charlie, alice):
    client.force_login(charlie)
    assert client.post(f"{answered.get_absolute_url()}fresh-start/").status_code == 404
    assert client.post(undo_address(answered.active_leaf)).status_code == 404
    client.force_login(alice)
    assert client.post(f"/c/{answered.pk}/fresh-start/{uuid.uuid4()}/removal/").status_code == 404
    assert not Message.objects.filter(starts_fresh_after=True).exists()


def test_the_history_is_what_the_next_message_brings_along(alice, answered, llama):
    assert history_characters(None) == 0
    assert history_characters(answered.active_leaf_id) == len("hello") + len("Hi!") + 4
    send(alice, "größer", model=llama, conversation=answered)
    answer = fresh(answered).active_leaf
    assert history_characters(answer.pk) == len("hello") + len("Hi!") + len("größer") + 6
    start_fresh(conversation=fresh(answered))
    assert history_characters(answer.pk) == 0


def test_text_files_of_the_history_count_like_text(alice, answered):
    before = history_characters(answered.active_leaf_id)
    question = answered.messages.get(role="user")
    file = text_of(alice, "a,b\n1,2\n", name="table.csv")
    enclose(message=question, attachments=[file])
    Message.objects.filter(pk=question.pk).update(attachment_count=1)
    assert history_characters(answered.active_leaf_id) == before + len("a,b\n1,2\n") + len("table.csv")
