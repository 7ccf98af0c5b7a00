"""The empty page, a conversation, the list."""

import pytest
from django.urls import reverse
from django.utils import timezone

from chat.models import Conversation
from chat.sidebar import PAGE_OF_CONVERSATIONS
from tests.chat.sending import send

HTMX = {"HX-Request": "true"}


def test_home_has_an_empty_composer(client, alice, alice_key):
    client.force_login(alice)
    page = client.get("/").content.decode()
    assert 'name="text"' in page
    assert "Claude 3 Haiku" in page
    assert "Gemini" not in page
    assert not Conversation.objects.exists()


def test_home_says_when_there_is_no_key(client, alice):
    client.force_login(alice)
    assert reverse("keys") in client.get("/").content.decode()


def test_a_conversation_shows_its_messages(client, alice, conversation):
    client.force_login(alice)
    page = client.get(conversation.get_absolute_url()).content.decode()
    assert "hello" in page
    assert 'data-state="queued"' in page
    assert f'formaction="{reverse("draft", args=[conversation.pk])}"' in page
    assert "http-equiv" not in page


def test_a_strangers_conversation_is_like_none(client, conversation, charlie):
    client.force_login(charlie)
    assert client.get(conversation.get_absolute_url()).status_code == 404
    assert client.get("/c/3f0c9a52-8b7e-4f0d-9f43-0c3f9ad3a001/").status_code == 404


def test_an_administrator_reads_no_other_persons_conversation(client, conversation, bob):
    bob.role = "administrator"
    bob.save()
    client.force_login(bob)
    assert client.get(conversation.get_absolute_url()).status_code == 404


@pytest.fixture
def long_conversation(alice, conversation, llama):
    for number in range(40):
        send(alice, f"question {number:02}", model=llama, conversation=conversation)
    return conversation


def test_a_long_conversation_shows_the_newest_fifty_and_loads_the_rest(client, alice, long_conversation):
    client.force_login(alice)
    response = client.get(long_conversation.get_absolute_url())
    assert len(response.context["transcript"]) == 50
    assert "question 39" in response.content.decode()
    assert "question 14" not in response.content.decode()

    earlier = client.get(response.context["earlier_url"], headers=HTMX)
    page = earlier.content.decode()
    assert len(earlier.context["transcript"]) == 32
    assert "question 14" in page
    assert "question 39" not in page
    assert "<html" not in page
    assert "HX-Request" in earlier["Vary"]


def test_earlier_messages_need_a_message_of_this_conversation(client, alice, conversation, charlie):
    client.force_login(alice)
    for odd in ("x", str(conversation.pk)):
        assert client.get(conversation.get_absolute_url() + f"?before={odd}").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_conversation(
    client, alice, long_conversation, django_assert_num_queries, time_machine
):
    # What has been queued for a second is asked about its place.
    time_machine.move_to(timezone.now(), tick=False)
    client.force_login(alice)
    short = send(alice, "short", model=long_conversation.model).question.conversation
    with django_assert_num_queries(16):
        assert "short" in client.get(short.get_absolute_url()).content.decode()
    with django_assert_num_queries(16):
        assert "question 39" in client.get(long_conversation.get_absolute_url()).content.decode()


def test_the_list_is_newest_first_and_paged(client, alice, alice_key, llama):
    for number in range(PAGE_OF_CONVERSATIONS + 2):
        send(alice, f"talk {number:02}", model=llama)
    client.force_login(alice)
    response = client.get("/c/")
    titles = [conversation.title for conversation in response.context["page"].conversations]
    assert titles == [f"talk {number:02}" for number in range(PAGE_OF_CONVERSATIONS + 1, 1, -1)]

    rest = client.get(response.context["page"].next_page_url, headers=HTMX).context["page"]
    assert [conversation.title for conversation in rest.conversations] == ["talk 01", "talk 00"]
    assert rest.next_page_url == ""
