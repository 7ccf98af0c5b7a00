"""A key that is removed, paused, replaced or tampered with while replies are on their way."""

import httpx
import pytest
from django.utils import timezone

from accounts.models import ApiKey
from accounts.services import api_keys
from chat.models import Reply
from chat.segmind import KeyValue
from tests.chat.conftest import v1_answer
from tests.factories import ApiKeyFactory

State = Reply.State
NEW = "SG_5affffffffffffff"


def test_rows_swapped_in_sql_are_refused_and_nothing_is_sent(reply, segmind, deliver, alice_key, bob):
    other = ApiKeyFactory.create(owner=bob)
    ApiKey.objects.filter(pk=alice_key.pk).update(ciphertext=other.ciphertext)
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind, reply.billed) == (State.FAILED, "key", "no")
    assert segmind.calls == []


def test_a_row_given_to_somebody_else_in_sql_is_refused_and_nothing_is_sent(reply, segmind, deliver, alice_key, bob):
    ApiKey.objects.filter(pk=alice_key.pk).update(owner=bob)
    assert deliver(reply).failure_kind == "key"
    assert segmind.calls == []


def test_a_paused_key_sends_nothing_new(reply, segmind, deliver, alice_key):
    ApiKey.objects.filter(pk=alice_key.pk).update(owner=None, is_paused=True)
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind, reply.billed) == (State.FAILED, "key", "no")
    assert segmind.calls == []


def test_a_key_removed_while_it_is_sent_with_still_brings_the_answer(reply, segmind, deliver, alice_key):
    segmind.meanwhile = lambda: api_keys.remove_key(key=alice_key)
    reply = deliver(reply)
    assert (reply.state, reply.message.text, reply.api_key, reply.key_label) == (
        State.COMPLETED,
        "Hi!",
        None,
        "Alice's",
    )


def test_a_key_removed_while_segmind_asks_to_wait_ends_the_reply(reply, segmind, deliver, alice_key):
    segmind.answers = [httpx.Response(429, json={"error": "Too many requests"}), v1_answer()]
    segmind.meanwhile = lambda: ApiKey.objects.all().delete()
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind, len(segmind.submitted)) == (State.FAILED, "key", 1)


@pytest.mark.parametrize(("value", "state"), [(NEW, State.COMPLETED), (None, State.UNKNOWN)])
def test_a_request_that_another_worker_follows_is_asked_for_with_the_new_value(
    reply, segmind, deliver, alice_key, value, state
):
    """Without any value nobody can ask, so what became of it is unknown."""
    now = timezone.now()
    Reply.objects.filter(pk=reply.pk).update(
        state=State.PROCESSING, version="v2", request_id="r-2", submit_started_at=now, lease_until=now
    )
    if value:
        api_keys.replace_value(key=alice_key, value=KeyValue(value))
    else:
        api_keys.remove_key(key=alice_key)
    done = {"status": "COMPLETED", "request_id": "r-2"}
    segmind.answers = [httpx.Response(200, json=done), httpx.Response(200, json=done | {"output": v1_answer().json()})]
    assert deliver(reply).state == state
    assert {call.headers["x-api-key"] for call in segmind.calls} == ({value} if value else set())
    assert segmind.submitted == []


def test_a_reply_that_is_being_sent_goes_on_with_the_value_it_was_sent_with(reply, segmind, deliver, alice_key):
    segmind.meanwhile = lambda: api_keys.replace_value(key=alice_key, value=KeyValue(NEW))
    assert deliver(reply).state == State.COMPLETED
    assert [call.headers["x-api-key"] for call in segmind.calls] == ["SG_5a0123456789abcd"]
    assert api_keys.open_key(ApiKey.objects.get()).reveal() == NEW
