"""The vocabulary follows what is written, and forgets what was deleted."""

from django.db import connection

from chat.models import SearchEntry, SearchWord
from chat.search.alike import similar_words
from chat.services import search_words
from tests.chat.sending import send


def note_all() -> None:
    after = search_words.note_words()
    while after is not None:
        after = search_words.note_words(after)


def words() -> set[str]:
    return set(SearchWord.objects.values_list("word", flat=True))


def test_words_are_noted_once_and_secrets_are_not(alice, alice_key, llama, monkeypatch):
    monkeypatch.setattr(search_words, "ENTRIES_AT_ONCE", 1)
    send(alice, "The elephant has the key SG_0123456789abcdef and 42 of it, hunter2", model=llama)
    note_all()
    assert {"elephant"} <= words() <= {"elephant", "eleph"}
    send(alice, "The giraffe and the elephant", model=llama)
    note_all()
    note_all()
    assert {"elephant", "giraffe"} <= words()


def test_what_nobody_has_written_any_more_is_forgotten(alice, alice_key, llama):
    conversation = send(alice, "elephant", model=llama).question.conversation
    send(alice, "giraffe", model=llama)
    note_all()
    conversation.delete()
    after = search_words.forget_words()
    assert after
    assert search_words.forget_words(after) is None
    assert words() == {"giraffe"}


def test_an_old_word_is_understood_when_it_is_mistyped(alice, bob, alice_key, llama):
    send(alice, "hippopotamus", model=llama)
    note_all()
    assert similar_words(bob, "hipopotamus") == ["hippopotamus"]
    SearchWord.objects.all().delete()
    assert similar_words(bob, "hipopotamus") == []
    assert similar_words(alice, "hipopotamus") == ["hippopotamus"]
    SearchEntry.objects.all().delete()
    assert similar_words(alice, "hipopotamus") == []


def test_the_worker_empties_the_list_of_what_is_new(alice, alice_key, llama):
    send(alice, "elephant", model=llama)
    search_words.take_in_new_entries()
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('search_words_of_owner')")
        assert cursor.fetchone() == (0,)
