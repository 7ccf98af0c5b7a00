"""A reply that has to wait says so: when it goes, how many are ahead, and why."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiKey
from chat.delivery import circuit, queue, steps
from chat.models import Reply
from chat.views import replies as views
from tests.chat.sending import send


@pytest.fixture
def waiting(alice, alice_key, llama) -> list[Reply]:
    """Three in three conversations, on a key that lets one through a minute; the first is on its way."""
    ApiKey.objects.update(rate=1)
    for text in ("one", "two", "three"):
        send(alice, text, model=llama)
    Reply.objects.update(created_at=timezone.now() - timedelta(seconds=5))
    steps.claim(limit=10)
    return list(Reply.objects.filter(state="queued").order_by("pk"))


def page_of(client, reply: Reply) -> str:
    assert reply.message
    page: bytes = client.get(reply.message.conversation.get_absolute_url()).content
    return page.decode()


def test_it_says_when_it_goes_and_how_many_are_ahead(client, alice, waiting):
    queue.attach_places(waiting)
    assert sorted(reply.place.ahead for reply in waiting) == [0, 1]
    assert sorted(round(reply.place.seconds, -1) for reply in waiting) == [60, 120]
    client.force_login(alice)
    [first, second] = sorted(waiting, key=lambda reply: reply.place.ahead)
    assert "Sent in about <count-down>60</count-down> s" in page_of(client, first)
    assert "s, 1 ahead" in page_of(client, second)


def test_those_ahead_leaving_is_news(client, rf, alice, waiting):
    [last] = [reply for reply in waiting if queue.attach_places([reply]) or reply.place.ahead == 1]
    request = rf.get("/?state=queued-1")
    request.has_waited = True
    assert not views.is_news(request, last)
    Reply.objects.filter(state="queued").exclude(pk=last.pk).update(state="stopped", finished_at=timezone.now())
    queue.attach_places([last])
    assert views.is_news(request, last)


def test_one_query_whatever_waits(waiting, django_assert_num_queries):
    with django_assert_num_queries(1):
        queue.attach_places(waiting)


def test_what_goes_at_once_is_not_asked_about(alice, alice_key, llama, django_assert_num_queries):
    reply = send(alice, "hello", model=llama).answer.reply
    with django_assert_num_queries(0):
        queue.attach_places([reply])
    assert reply.stage == "queued"


def test_a_segmind_that_is_away_is_the_reason(client, alice, reply):
    Reply.objects.update(created_at=timezone.now() - timedelta(seconds=5))
    for _ in range(circuit.FAILURES_TO_OPEN):
        circuit.note_failure()
    client.force_login(alice)
    assert "Segmind can't be reached at the moment" in page_of(client, reply)
    wait = client.get(reverse("reply_wait", args=[reply.pk]) + "?state=queued-away", headers={"HX-Request": "true"})
    assert wait.status_code == 204


def test_a_message_written_meanwhile_waits_for_the_answer_before_it(client, alice, reply, conversation, llama):
    second = send(alice, "and then?", model=llama, conversation=conversation).answer.reply
    Reply.objects.update(created_at=timezone.now() - timedelta(seconds=5))
    client.force_login(alice)
    assert "Waits for the answer above" in page_of(client, second)
