"""Answers that an older renderer laid out."""

import pytest
from django.core.management import call_command
from procrastinate.contrib.django.models import ProcrastinateJob

from chat import markdown
from chat.models import Conversation, Message
from chat.services import rendering
from chat.services.rendering import render_old_messages, render_old_messages_soon


@pytest.fixture
def old_answers(conversation) -> list[Message]:
    Message.objects.all().update(text="hello")
    facts = {"conversation": conversation, "role": "assistant", "stored_html": "old", "stored_html_version": 1}
    return [Message.objects.create(text=f"*{number}*", **facts) for number in range(7)]


def test_they_are_laid_out_anew_and_nothing_else_is(old_answers, monkeypatch):
    monkeypatch.setattr(rendering, "ROWS_AT_ONCE", 3)
    today = Message.objects.create(
        conversation=old_answers[0].conversation,
        role="assistant",
        text="x",
        stored_html="kept",
        stored_html_version=markdown.VERSION,
    )
    assert render_old_messages() == 8  # And the one that waited for its first.
    for number, message in enumerate(old_answers):
        message.refresh_from_db()
        assert (message.stored_html, message.stored_html_version) == (f"<p><em>{number}</em></p>\n", markdown.VERSION)
    today.refresh_from_db()
    assert today.stored_html == "kept"
    assert not Message.objects.filter(role="user").exclude(stored_html="").exists()
    assert render_old_messages() == 0


def test_an_answer_that_arrives_meanwhile_is_left_alone(old_answers, monkeypatch):
    newest = {"text": "new", "stored_html": "newest", "stored_html_version": markdown.VERSION}

    def render(text):
        Message.objects.filter(pk=old_answers[0].pk).update(**newest)
        return "outdated"

    monkeypatch.setattr(markdown, "render", render)
    render_old_messages()
    old_answers[0].refresh_from_db()
    assert old_answers[0].stored_html == "newest"


def test_one_job_waits_however_often_it_is_asked_for(db):
    render_old_messages_soon()
    render_old_messages_soon()
    assert ProcrastinateJob.objects.filter(task_name="chat.tasks.render_old_messages").count() == 1


def test_the_command_says_how_many(old_answers, capsys):
    call_command("render_messages")
    assert capsys.readouterr().out == "8 answers were laid out anew.\n"


def test_a_page_shows_an_old_answer_in_today_s_form(client, alice, old_answers):
    Conversation.objects.update(active_leaf=old_answers[0])
    client.force_login(alice)
    assert b"<em>0</em>" in client.get(old_answers[0].conversation.get_absolute_url()).content
