"""The line above which the model has forgotten: before the right message, in every fragment, and only where needed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from chat.models import Conversation, Reply
from chat.queries import PAGE_OF_MESSAGES
from chat.services.messages import Turn
from tests.chat.sending import send

HTMX = {"HX-Request": "true"}
LINE = 'id="remembered"'


def answer(turn: Turn, *, remembers_from: Turn | None) -> Reply:
    """Bring the reply of a turn to its end, as delivery would."""
    reply = turn.answer.reply
    assert reply
    first = remembers_from.question.pk if remembers_from else None
    assert reply.move(to="submitting", submit_started_at=timezone.now(), remembers_from=first)
    assert reply.move(to="completed")
    return reply


@pytest.fixture
def turns(alice, alice_key, llama) -> list[Turn]:
    """More than a page of them; for the last one the model remembered from the second one on."""
    first = send(alice, "question 0", model=llama)
    more = range(1, PAGE_OF_MESSAGES // 2 + 3)
    talk = first.question.conversation
    turns = [first, *(send(alice, f"question {number}", model=llama, conversation=talk) for number in more)]
    for turn in turns[:-1]:
        answer(turn, remembers_from=None)
    answer(turns[-1], remembers_from=turns[1])
    return turns


@pytest.fixture
def long_conversation(turns) -> Conversation:
    return Conversation.objects.get(pk=turns[0].question.conversation_id)


def stands_before(page: str, turn: Turn) -> bool:
    """True if the line is there once, and the next message below it is this one."""
    below = page[page.index(LINE) :]
    return page.count(LINE) == 1 and below.index("<article") == below.index(
        f'<article class="message message--user" id="message-{turn.question.pk}"'
    )


def test_no_line_where_all_is_remembered(client, alice, alice_key, llama):
    client.force_login(alice)
    turn = send(alice, "hello", model=llama)
    answer(turn, remembers_from=None)
    assert LINE not in client.get(turn.question.conversation.get_absolute_url()).content.decode()


def test_the_line_comes_with_the_earlier_messages_that_it_stands_among(client, alice, turns, long_conversation):
    client.force_login(alice)
    newest = client.get(long_conversation.get_absolute_url())
    assert LINE not in newest.content.decode()
    for headers in (HTMX, {}):
        earlier = client.get(newest.context["earlier_url"], headers=headers).content.decode()
        assert stands_before(earlier, turns[1])
    assert 'role="separator"' in earlier


def test_a_message_on_its_way_leaves_the_line_where_it_is(client, alice, turns, long_conversation, llama):
    client.force_login(alice)
    Reply.objects.filter(message=turns[-1].answer).update(remembers_from=turns[-1].question.pk)
    assert stands_before(client.get(long_conversation.get_absolute_url()).content.decode(), turns[-1])
    send(alice, "one more", model=llama, conversation=long_conversation)
    assert stands_before(client.get(long_conversation.get_absolute_url()).content.decode(), turns[-1])


def test_an_answer_moves_the_line(client, alice, turns, long_conversation, llama):
    client.force_login(alice)
    newest = send(alice, "one more", model=llama, conversation=long_conversation)
    reply = answer(newest, remembers_from=turns[-1])
    fragment = client.get(reverse("reply_wait", args=[reply.pk]) + "?state=queued", headers=HTMX).content.decode()
    assert 'hx-swap-oob="delete:#remembered"' in fragment
    assert f'hx-swap-oob="beforebegin:#message-{turns[-1].question.pk}"' in fragment
    assert stands_before(client.get(long_conversation.get_absolute_url()).content.decode(), turns[-1])


def test_an_answer_by_a_model_that_remembers_all_takes_the_line_away(client, alice, turns, long_conversation, haiku):
    client.force_login(alice)
    newest = send(alice, "one more", model=haiku, conversation=long_conversation)
    reply = answer(newest, remembers_from=None)
    fragment = client.get(reverse("reply_wait", args=[reply.pk]) + "?state=queued", headers=HTMX).content.decode()
    assert 'hx-swap-oob="delete:#remembered"' in fragment
    assert LINE not in fragment


def test_an_older_answer_leaves_the_line_alone(client, alice, turns, long_conversation):
    client.force_login(alice)
    address = reverse("reply_wait", args=[turns[2].answer.reply.pk])
    assert "#remembered" not in client.get(f"{address}?state=queued", headers=HTMX).content.decode()
