"""The page on which conversations come back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chat import forms
from chat.models import Conversation, Message
from tests.chat.exported import as_file, conversation_of, message
from tests.chat.sending import send

PATH = "/settings/import/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def member(client, alice):
    client.force_login(alice)
    return client


def upload(facts=None, name="chat.json") -> SimpleUploadedFile:
    data = as_file(facts or conversation_of(message(), message(role="assistant", text="*Hi!*"), title="<b>Title</b>"))
    return SimpleUploadedFile(name, data.read())


def test_a_file_is_imported_with_a_line_for_each(member):
    answer = member.post(PATH, {"file": upload()})
    page = answer.content.decode()
    assert answer.status_code == 200
    conversation = Conversation.objects.get()
    assert 'data-outcome="new"' in page
    assert f'<a href="{conversation.get_absolute_url()}">&lt;b&gt;Title&lt;/b&gt;</a>' in page
    assert "2 messages" in page


def test_a_trial_changes_nothing_and_says_so(member):
    page = member.post(PATH, {"file": upload(), "trial": "on"}).content.decode()
    assert "Nothing was changed." in page
    assert 'data-outcome="new"' in page
    assert not Conversation.objects.exists()


def test_htmx_gets_the_result_alone_so_that_the_file_stays_chosen(member):
    page = member.post(PATH, {"file": upload(), "trial": "on"}, headers=HTMX).content.decode()
    assert 'id="import-result"' in page
    assert "<form" not in page
    assert "<html" not in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_without_a_file_it_says_so(member, headers):
    answer = member.post(PATH, {}, headers=headers)
    assert (answer.status_code, answer.content.decode().count("Choose a file first.")) == (422, 1)


def test_a_file_that_is_too_large_is_refused(member, monkeypatch):
    monkeypatch.setattr(forms, "LARGEST_FILE_BYTES", 10)
    answer = member.post(PATH, {"file": upload()})
    assert answer.status_code == 422
    assert "too large" in answer.content.decode()
    assert not Conversation.objects.exists()


def test_what_is_no_export_is_a_line_with_the_reason(member):
    page = member.post(PATH, {"file": SimpleUploadedFile("x.json", b"[")}).content.decode()
    assert 'data-outcome="unreadable"' in page
    assert "This is no JSON file." in page


def test_an_imported_answer_is_finished_without_cost(member):
    member.post(PATH, {"file": upload()})
    page = member.get(Conversation.objects.get().get_absolute_url()).content.decode()
    assert 'data-state="completed"' in page
    assert "<em>Hi!</em>" in page
    assert "credits</li>" not in page
    assert 'role="alert"' not in page


def test_an_imported_answer_without_a_word_says_so(member):
    question = message()
    answer = message(role="assistant", text="", parent=question["id"])
    member.post(PATH, {"file": upload(conversation_of(question, answer))})
    page = member.get(Conversation.objects.get().get_absolute_url()).content.decode()
    assert "There was no answer to this." in page


def test_a_conversation_goes_on_after_its_import(member, alice, alice_key, llama, segmind, deliver):
    question = message(text="What is one and one?")
    answer = message(role="assistant", text="Two.", parent=question["id"])
    member.post(PATH, {"file": upload(conversation_of(question, answer))})
    turn = send(alice, "And one more?", model=llama, conversation=Conversation.objects.get())
    deliver(turn.answer.reply)
    assert Message.objects.get(pk=turn.answer.pk).text == "Hi!"
    (call,) = segmind.submitted
    assert [turn["content"] for turn in call["messages"]][-3:] == ["What is one and one?", "Two.", "And one more?"]
