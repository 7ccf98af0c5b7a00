"""What is written during an answer waits for its end, keeps its order, and never goes blindly after a failure."""

from datetime import timedelta

import hypothesis
import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st

from chat.delivery import queue, rescue, steps
from chat.models import Reply
from chat.segmind import SegmindError
from chat.services.queued_replies import send_regardless
from chat.services.replies import stop_reply, try_again
from tests.chat.conftest import v1_answer
from tests.chat.sending import send

REFUSED = SegmindError(kind="upstream", status=400)


@pytest.fixture
def clock(db):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.fixture
def queued(clock, alice, reply, conversation, llama):
    """Two that were written behind `reply`, while that was with Segmind."""
    assert queue.claim_due(limit=10).reply_ids == [reply.pk]
    behind = []
    for text in ("second", "third"):
        clock.shift(timedelta(seconds=1))
        behind.append(send(alice, text, model=llama, conversation=conversation).answer.reply)
    clock.shift(timedelta(seconds=2))
    reply.refresh_from_db()
    return behind


def end(reply: Reply, state: str) -> None:
    """As a worker does that holds it."""
    reply.refresh_from_db()
    reply.move(to=state, failure_kind="upstream" if state == "failed" else "", billed="no")


def claimed() -> list:
    return queue.claim_due(limit=10).reply_ids


def word_of(reply: Reply) -> str:
    reply.refresh_from_db()
    queue.attach_places([reply])
    return reply.stage


@pytest.mark.parametrize("state", ["completed", "stopped"])
def test_it_goes_once_the_one_before_it_has_ended(queued, reply, state):
    second, third = queued
    assert claimed() == []
    end(reply, state)
    assert claimed() == [second.pk]
    assert claimed() == []
    end(second, "completed")
    assert claimed() == [third.pk]


def test_it_goes_with_the_whole_history(alice, reply, conversation, llama, segmind, deliver):
    segmind.answers[:] = [v1_answer("One"), v1_answer("Two"), v1_answer("Three")]
    last = [send(alice, text, model=llama, conversation=conversation).answer.reply for text in ("b", "c")][-1]
    assert deliver(last).state == "completed"
    asked = [[message["content"] for message in body["messages"]] for body in segmind.submitted]
    assert asked == [["hello"], ["hello", "One", "b"], ["hello", "One", "b", "Two", "c"]]


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_after_an_answer_that_did_not_come_it_is_held_until_its_person_says_so(queued, reply, state):
    second, third = queued
    end(reply, state)
    assert claimed() == []
    assert [word_of(second), word_of(third)] == ["queued-held", "queued-behind"]
    assert send_regardless(reply=second)
    assert claimed() == [second.pk]
    end(second, "completed")
    assert claimed() == [third.pk]


def test_it_goes_when_the_answer_comes_after_all(queued, reply):
    end(reply, "failed")
    again = try_again(reply=reply).reply
    assert word_of(queued[0]) == "queued-behind"
    assert claimed() == [again.pk]
    end(again, "completed")
    assert claimed() == [queued[0].pk]


def test_it_is_held_again_when_the_second_try_fails_too(queued, reply):
    end(reply, "failed")
    again = try_again(reply=reply).reply
    assert claimed() == [again.pk]
    end(again, "failed")
    assert claimed() == []
    assert word_of(queued[0]) == "queued-held"


def test_what_is_written_after_a_failure_goes_at_once(clock, alice, reply, conversation, llama):
    claimed()
    end(reply, "failed")
    clock.shift(timedelta(seconds=1))
    after = send(alice, "then this", model=llama, conversation=conversation).answer.reply
    assert claimed() == [after.pk]


def test_nobody_looks_again_and_again_for_what_is_held(queued, reply):
    end(reply, "failed")
    assert queue.claim_due(limit=10).look_again_at == timezone.now() + queue.BEHIND_ANOTHER  # for the third
    stop_reply(reply=queued[1])
    assert queue.claim_due(limit=10).look_again_at is None


def test_workers_are_told_when_it_may_go(queued, reply):
    end(reply, "failed")
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'told'; END $$;"
            "CREATE TRIGGER told AFTER UPDATE OF state ON chat_reply FOR EACH ROW WHEN (NEW.state = 'queued')"
            " EXECUTE FUNCTION told()"
        )
    with pytest.raises(Exception, match="told"), transaction.atomic():
        send_regardless(reply=queued[0])


def test_after_a_day_it_is_stopped_and_holds_back_nothing(clock, queued, reply, alice):
    end(reply, "failed")
    clock.shift(queue.HELD_FOR - timedelta(minutes=1))
    rescue.stop_forgotten()
    assert word_of(queued[0]) == "queued-held"
    clock.shift(timedelta(minutes=2))
    rescue.stop_forgotten()
    queued[0].refresh_from_db()
    assert (queued[0].state, queued[0].billed) == ("stopped", "no")
    assert claimed() == [queued[1].pk]


def test_only_what_is_held_is_forgotten(clock, queued, reply):
    clock.shift(queue.HELD_FOR * 2)
    rescue.stop_forgotten()
    assert {word_of(one) for one in queued} == {"queued-behind"}
    end(reply, "failed")
    send_regardless(reply=queued[0])
    rescue.stop_forgotten()
    assert claimed() == [queued[0].pk]


ENDS = st.lists(st.sampled_from(["completed", "stopped", "failed", "unknown"]), min_size=4, max_size=4)


@hypothesis.settings(max_examples=15, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(ends=ENDS)
def test_whatever_becomes_of_those_before_they_keep_their_order_and_none_stays(clock, alice, alice_key, llama, ends):
    with transaction.atomic():
        conversation, replies = None, []
        for number in range(len(ends)):
            clock.shift(timedelta(seconds=1))
            turn = send(alice, f"question {number}", model=llama, conversation=conversation)
            conversation, replies = turn.question.conversation, [*replies, turn.answer.reply]
        went = []
        for number, state in enumerate(ends):
            clock.shift(timedelta(seconds=1))
            was_held = number > 0 and ends[number - 1] in ("failed", "unknown")
            assert (claimed() == []) == was_held
            if was_held:
                assert word_of(replies[number]) == "queued-held"
                send_regardless(reply=replies[number])
                claimed()
            went += Reply.objects.filter(state="submitting").values_list("pk", flat=True)
            end(replies[number], state)
        assert went == [reply.pk for reply in replies]
        transaction.set_rollback(True)


def test_a_refusal_by_segmind_holds_what_is_behind_it(alice, reply, conversation, llama):
    """By the worker's own steps."""
    [work] = steps.claim(limit=10).assignments
    behind = send(alice, "and then?", model=llama, conversation=conversation).answer.reply
    steps.fail(work, REFUSED)
    assert steps.claim(limit=10).assignments == []
    send_regardless(reply=behind)
    assert [work.reply_id for work in steps.claim(limit=10).assignments] == [behind.pk]
