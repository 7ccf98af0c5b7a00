"""What is found, whose, and in which order."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chat.models import Conversation, Message
from chat.search import hits
from chat.search.hits import Filters, Found, search
from chat.search.query import SearchText
from chat.services.attachments import enclose
from tests.chat.attaching import image_of, text_of
from tests.chat.sending import send


def find(user, text, **filters) -> Found:
    return search(user, SearchText.parse(text), Filters(**filters))


def titles(found: Found) -> list[str]:
    by_id = Conversation.objects.in_bulk([group.conversation_id for group in found.groups])
    return [by_id[group.conversation_id].title for group in found.groups]


def texts(found: Found) -> set[str]:
    ids = [message_id for group in found.groups for message_id in group.message_ids]
    return set(Message.objects.filter(pk__in=ids).values_list("text", flat=True))


@pytest.fixture
def say(alice, alice_key, llama):
    """Alice says something in a conversation of its own; with a title, if one is given."""

    def say_it(text, title=None):
        conversation = send(alice, text, model=llama).question.conversation
        if title:
            Conversation.objects.filter(pk=conversation.pk).update(title=title)
        return conversation

    return say_it


@pytest.mark.parametrize(
    "words", ["running", "RUNS", "run", "the running", "shoe run", '"running shoes"', "runni", "shoes -boots", "café"]
)
def test_english_words_are_found_in_any_form_and_as_a_beginning(alice, say, words):
    say("This is about running shoes for the cafe, and that is all")
    assert len(find(alice, words).groups) == 1


@pytest.mark.parametrize("words", ["haus", "häusern", "schön", "hausern", "der schöne"])
def test_german_words_are_stemmed_as_german(alice, say, words):
    say("Ich suche die schönen Häuser und nicht den Garten, wie ist das mit der Miete?")
    assert len(find(alice, words).groups) == 1


@pytest.mark.parametrize("words", ["war", "war peace", "models py", "models.py", "<b>fett</b>", "utf8", "日本語"])
def test_what_is_no_plain_english_is_found_as_it_stands(alice, say, words):
    say("war peace chat/models.py <b>fett</b> utf8 日本語")
    assert len(find(alice, words).groups) == 1


@pytest.mark.parametrize("words", ["the", "to be or not", "house the"])
def test_the_most_usual_words_are_words_too(alice, say, words):
    say("The house is to be or not to be")
    assert len(find(alice, words).groups) == 1


@pytest.mark.parametrize("words", ["cat", "grey -house", '"house grey"', "-grey", '""', "", "' & | !", "grey & !dog"])
def test_what_does_not_match(alice, say, words):
    say("The grey house")
    assert find(alice, words).groups == []


def test_a_title_weighs_more_than_a_text(alice, say):
    say("a giraffe, a giraffe, a giraffe and one more giraffe", title="Animals")
    say("something else altogether", title="Giraffe")
    say("giraffe", title="Other")
    assert titles(find(alice, "giraffe"))[0] == "Giraffe"


def test_an_answer_is_found_once_it_is_there(alice, conversation, reply, deliver):
    assert find(alice, "Hi").groups == []
    deliver(reply)
    assert texts(find(alice, "Hi")) == {"Hi!"}


def test_a_changed_text_and_title_are_found_anew(alice, conversation, question):
    Message.objects.filter(pk=question.pk).update(text="goodbye")
    Conversation.objects.filter(pk=conversation.pk).update(title="Farewell")
    assert find(alice, "hello").groups == []
    assert len(find(alice, "goodbye").groups) == len(find(alice, "farewell").groups) == 1


def test_nobody_finds_what_is_someone_elses(alice, bob, charlie, conversation):
    bob.role = "administrator"
    bob.save()
    assert len(find(alice, "hello").groups) == 1
    assert find(bob, "hello").groups == find(charlie, "hello").groups == find(charlie, "helo").groups == []


def test_what_was_deleted_is_gone(alice, conversation):
    conversation.delete()
    assert find(alice, "hello").groups == []


def test_only_messages_with_an_image(alice, say):
    shown, named = say("a square that is seen"), say("a square in words")
    for conversation, file in ((shown, image_of(alice)), (named, text_of(alice))):
        question = conversation.messages.get(role="user")
        enclose(message=question, attachments=[file])
    assert len(find(alice, "square").groups) == 2
    assert [group.conversation_id for group in find(alice, "square", has_image=True).groups] == [shown.pk]


def test_filters(alice, conversation, llama, haiku):
    now = timezone.now()
    assert len(find(alice, "hello", model=llama).groups) == 1
    assert find(alice, "hello", model=haiku).groups == []
    assert len(find(alice, "hello", since=now - timedelta(days=1), before=now + timedelta(days=1)).groups) == 1
    assert find(alice, "hello", since=now + timedelta(minutes=1)).groups == []
    assert find(alice, "hello", before=now - timedelta(minutes=1)).groups == []
    assert len(find(alice, "hello", conversation_id=conversation.pk).groups) == 1


def test_of_very_many_hits_the_newest_are_ranked_and_the_others_can_be_reached(alice, say, monkeypatch):
    monkeypatch.setattr(hits, "NEWEST_MESSAGES", 2)
    monkeypatch.setattr(hits, "NEWEST_TITLES", 1)
    for number in range(4):
        say(f"zebra {number}", title="Other")
    newest = find(alice, "zebra")
    assert texts(newest) == {"zebra 3", "zebra 2"}
    assert texts(find(alice, "zebra", before=newest.oldest)) == {"zebra 1", "zebra 0"}


def test_a_search_that_takes_too_long_is_given_up(alice, conversation, monkeypatch):
    monkeypatch.setattr(hits, "LONGEST_SECONDS", 0.1)
    monkeypatch.setattr(hits, "found_in", lambda *_: sleep())
    with pytest.raises(hits.TookTooLong):
        find(alice, "anything")
    assert Conversation.objects.count() == 1


def sleep():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(2)")
