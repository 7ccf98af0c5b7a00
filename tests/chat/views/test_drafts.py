"""Saving what is typed, and finding it in the page."""

import uuid

import pytest
from django.urls import reverse

from chat.models import Conversation, Draft
from chat.services.drafts import save_draft

HTMX = {"HX-Request": "true"}


def save(client, conversation_id, text="typed", headers=HTMX, **fields):
    form = {"client_id": uuid.uuid4(), "text": text} | fields
    return client.post(reverse("draft", args=[conversation_id]), form, headers=headers)


def test_it_is_saved_for_a_conversation_that_is_there_and_for_a_new_one(client, alice, conversation):
    client.force_login(alice)
    for conversation_id in (conversation.pk, uuid.uuid4()):
        assert save(client, conversation_id).status_code == 204
        assert Draft.objects.get(conversation_id=conversation_id).owner == alice


def test_it_is_in_the_box_with_the_id_that_it_will_be_sent_with(client, alice, conversation):
    client.force_login(alice)
    client_id, new_id = uuid.uuid4(), uuid.uuid4()
    save(client, new_id, "for a <new> one", client_id=client_id)
    page = client.get("/").content.decode()
    assert "for a &lt;new&gt; one</textarea>" in page
    assert f'name="client_id" value="{client_id}"' in page
    assert f'action="/c/{new_id}/messages/"' in page
    assert "&lt;new&gt;" not in client.get(conversation.get_absolute_url()).content.decode()


def test_nobody_saves_into_or_reads_someone_elses(client, alice, charlie, conversation):
    save_draft(conversation=conversation, client_id=uuid.uuid4(), text="Alice's")
    save_draft(conversation=Conversation(owner=alice), client_id=uuid.uuid4(), text="Alice's")
    client.force_login(charlie)
    assert save(client, conversation.pk).status_code == 404
    assert "Alice&#x27;s" not in client.get("/").content.decode()
    assert Draft.objects.filter(text="Alice's").count() == 2


def test_signed_out_nothing_is_saved_and_the_page_is_told_where_to_sign_in(client, alice):
    assert save(client, uuid.uuid4())["HX-Redirect"].startswith("/accounts/login/")
    assert not Draft.objects.exists()


@pytest.mark.parametrize("fields", [{"text": "x" * 400_001}, {"client_id": "none"}, {"text": "\0"}])
def test_what_can_not_be_a_draft_is_refused(client, alice, fields):
    client.force_login(alice)
    assert save(client, uuid.uuid4(), **fields).status_code == 422
    assert not Draft.objects.exists()


def test_without_a_script_the_page_comes_anew(client, alice, conversation):
    client.force_login(alice)
    assert save(client, conversation.pk, headers={})["Location"] == conversation.get_absolute_url()
    assert save(client, uuid.uuid4(), headers={})["Location"] == "/"
    assert client.get(reverse("draft", args=[conversation.pk])).status_code == 405


def test_a_page_looks_for_it_once(client, alice, conversation, django_assert_num_queries):
    client.force_login(alice)
    save(client, conversation.pk)
    with django_assert_num_queries(17):
        assert "typed" in client.get(conversation.get_absolute_url()).content.decode()
