"""What is read by several statements, while the worker goes on writing."""

import pytest

from chat.delivery import steps
from chat.models import Conversation, Message
from chat.queries import attach_replies, path_to
from chat.services.export import with_replies
from tests.chat.delivery.test_ledger import answer


@pytest.fixture
def read_just_before(conversation: Conversation) -> list[Message]:
    """The path as it was while the answer was on its way; now it is there."""
    conversation.refresh_from_db()
    messages = path_to(conversation.active_leaf_id)
    [work] = steps.claim(limit=1).assignments
    steps.complete(work, answer())
    return messages


def test_an_answer_that_comes_while_a_page_is_read_is_on_it(read_just_before):
    attach_replies(read_just_before)
    message = read_just_before[-1]
    assert (message.reply.state, message.text) == ("completed", "Hi!")
    assert "Hi!" in message.html


def test_and_in_an_export(read_just_before):
    [_question, (message, replies)] = with_replies(read_just_before)
    assert ([reply.state for reply in replies], message.text) == (["completed"], "Hi!")


def test_what_has_a_text_is_not_read_again(read_just_before, django_assert_num_queries, conversation):
    messages = path_to(read_just_before[-1].pk)
    with django_assert_num_queries(1):
        attach_replies(messages)
