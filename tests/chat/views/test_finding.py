"""A conversation opened at one of its messages, and finding a text inside it."""

import uuid
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.models import Message
from tests.chat.long import finished_reply, long_conversation
from tests.chat.sending import send

HTMX = {"HX-Request": "true"}


@pytest.fixture
def path(client, alice, alice_key, llama) -> list[Message]:
    """A path of 120 messages; alice is signed in."""
    client.force_login(alice)
    return long_conversation(alice, llama, [f"Number {number}." for number in range(120)])


@pytest.fixture
def conversation(path):
    return path[0].conversation


def shown(response) -> list[uuid.UUID]:
    return [message.pk for message in response.context["transcript"]]


def test_a_message_far_up_is_shown_with_what_is_around_it_and_ways_back(client, conversation, path):
    target = path[40]
    response = client.get(target.get_absolute_url())
    assert shown(response) == [message.pk for message in path[16:66]]
    page = response.content.decode()
    assert f'id="message-{target.pk}"' in page
    assert f'href="{path[65].get_absolute_url()}">Later messages' in page
    assert f'href="{conversation.get_absolute_url()}">Back to the newest' in page
    assert f"?before={path[16].pk}" in page


def test_a_message_near_the_end_is_on_the_usual_page(client, path):
    response = client.get(path[110].get_absolute_url())
    assert shown(response) == [message.pk for message in path[-50:]]
    assert "Back to the newest" not in response.content.decode()


def test_a_message_on_another_branch_is_shown_on_that(client, conversation, path):
    other = Message.objects.create(conversation=conversation, parent=path[9], role="user", text="Other question")
    leaf = Message.objects.create(
        conversation=conversation, parent=other, role="assistant", text="Other answer", model=path[1].model
    )
    finished_reply(conversation.owner, leaf).save()
    response = client.get(other.get_absolute_url())
    assert shown(response) == [*(message.pk for message in path[:10]), other.pk, leaf.pk]
    assert "Back to the newest" in response.content.decode()


def test_a_message_that_is_not_here_is_a_404(client, alice, conversation, path, llama):
    elsewhere = send(alice, "elsewhere", model=llama).question
    for odd in (elsewhere.pk, uuid.uuid4(), "x", "\0"):
        assert client.get(conversation.get_absolute_url(), {"message": odd}).status_code == 404


def test_finding_counts_what_is_not_loaded_and_goes_round(client, conversation, path):
    address = conversation.get_absolute_url()
    response = client.get(address, {"find": "NUMBER 1"})
    matches = response.context["matches"]
    assert (matches.position, matches.count) == (31, 31)  # 1, 10 to 19, 100 to 119
    assert matches.current == path[119].pk
    assert "31 of 31" in response.content.decode()

    up = client.get(f"{address}?{matches.previous_fields}")
    assert up.context["matches"].current == path[118].pk
    round_about = client.get(f"{address}?{matches.next_fields}")
    assert (round_about.context["matches"].position, round_about.context["matches"].current) == (1, path[1].pk)
    assert path[1].pk in shown(round_about)
    assert 'id="found"></span>' in round_about.content.decode()


def test_typing_gets_the_count_and_the_ways_alone(client, conversation, path):
    answer = client.get(f"{conversation.get_absolute_url()}find/", {"find": "number 42"}, headers=HTMX).content.decode()
    assert "<html" not in answer
    assert "1 of 1" in answer
    assert f'data-match="{path[42].pk}"' in answer
    nothing = client.get(f"{conversation.get_absolute_url()}find/", {"find": "giraffe"}, headers=HTMX).content.decode()
    assert "Not found" in nothing
    assert "data-match" not in nothing


def test_without_htmx_typing_leads_to_the_page(client, conversation, path):
    response = client.get(f"{conversation.get_absolute_url()}find/", {"find": "number 42"})
    fields = f"?find=number+42&message={path[42].pk}#found"
    assert (response.status_code, response["Location"]) == (302, conversation.get_absolute_url() + fields)


def test_only_the_path_that_is_shown_is_looked_through(client, conversation, path):
    Message.objects.create(conversation=conversation, parent=path[9], role="user", text="Other question")
    page = client.get(conversation.get_absolute_url(), {"find": "other"}).content.decode()
    assert "Not found" in page


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(text=st.text(max_size=30))
def test_any_text_can_be_looked_for(client, alice, conversation, text):
    client.force_login(alice)
    for headers in ({}, HTMX):
        response = client.get(f"{conversation.get_absolute_url()}find/", {"find": text}, headers=headers)
        assert response.status_code in (200, 302)


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "<b>", "é", "a" * 10_000])
def test_what_means_something_elsewhere_is_only_text(client, conversation, path, text):
    Message.objects.filter(pk=path[-1].pk).update(text=f"here: {text}")
    matches = client.get(conversation.get_absolute_url(), {"find": text}).context["matches"]
    assert matches.current == path[-1].pk
    assert unquote(matches.fields).startswith(f"find={text[:200]}&message=")


def test_opening_at_a_message_takes_two_queries_more_whatever_the_length(client, conversation, path):
    client.get(conversation.get_absolute_url())
    usual = queries_of(client, conversation.get_absolute_url())
    assert [queries_of(client, path[at].get_absolute_url()) for at in (0, 60, 119)] == [usual + 2] * 3


def queries_of(client, address) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)
