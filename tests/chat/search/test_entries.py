"""The database keeps what is searched: no message is refused or slowed for it, none is forgotten."""

import importlib
import uuid

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.models import Conversation, Message, SearchEntry

WORDS = "".join(chr(0x20000 + number) + " " for number in range(60_000))


@pytest.fixture
def store(alice):
    conversation = Conversation.objects.create(owner=alice, title="Any", updated_at="2026-11-21T12:00Z")

    def store_text(text):
        return Message.objects.create(conversation=conversation, role="user", client_id=uuid.uuid4(), text=text)

    return store_text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=300))
def test_any_text_can_be_stored(store, text):
    assert SearchEntry.objects.filter(message=store(text)).count() == (text != "")


@pytest.mark.parametrize(
    "text",
    ["x" * 400_000, WORDS, "é" * 300_000, " ".join(map(str, range(60_000))), "a" * 3000 + " word", "<" * 100_000],
    ids=["one word", "many characters", "accents", "numbers", "too long a word", "brackets"],
)
def test_a_huge_text_is_stored_and_searched_as_far_as_there_is_room(store, text):
    assert SearchEntry.objects.filter(message=store(text)).exists()


def test_an_emptied_message_has_no_entry(store):
    message = store("hello")
    Message.objects.filter(pk=message.pk).update(text="")
    assert not SearchEntry.objects.filter(message=message).exists()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the best way to do it?", "english"),
        ("Wie ist das mit der Miete?", "german"),
        ("SELECT 1", "parley_plain"),
        ("Où est la bibliothèque ?", "parley_plain"),
    ],
)
def test_the_language_of_a_text_is_told_by_its_small_words(db, text, language):
    with connection.cursor() as cursor:
        cursor.execute("SELECT chat_search_language(%s)::text", [text])
        assert cursor.fetchone() == (language,)


def test_what_was_written_before_there_was_a_search_is_filled_in_once(conversation):
    before = set(SearchEntry.objects.values_list("conversation_id", "message_id", "vector"))
    assert len(before) == 2
    SearchEntry.objects.all().delete()
    migration = importlib.import_module("chat.migrations.0031_search_entries_of_old")
    for _ in range(2):
        migration.fill_in(apps, None)
        assert set(SearchEntry.objects.values_list("conversation_id", "message_id", "vector")) == before
