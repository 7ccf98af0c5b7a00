"""A host that is away: replies wait, one now and then goes to see, and when it is back they follow one by one."""

from datetime import timedelta

import httpx
import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.utils import timezone

from chat.delivery import circuit, queue
from chat.delivery.queue import BETWEEN_PROBES
from chat.models import Circuit, Reply
from tests.chat.conftest import v1_answer, work
from tests.chat.delivery.conftest import queue_many

AWAY = httpx.ConnectError("")
BACK = v1_answer()


@pytest.fixture
def clock(db):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.fixture
def waiting(alice, alice_key, model, clock) -> list[Reply]:
    return queue_many(10, person=alice, key=alice_key, model=model)


def open_circuit() -> None:
    for _ in range(circuit.FAILURES_TO_OPEN):
        circuit.note_failure()


def test_two_failures_hold_nobody_back_the_third_does(waiting):
    circuit.note_failure()
    circuit.note_failure()
    assert len(queue.claim_due(limit=4).reply_ids) == 4
    circuit.note_failure()
    claim = queue.claim_due(limit=100)
    assert claim.reply_ids == []
    assert claim.look_again_at == timezone.now() + timedelta(seconds=circuit.FIRST_PAUSE_SECONDS)


def test_only_one_goes_to_see_until_it_has_said_something(waiting, clock):
    open_circuit()
    clock.shift(timedelta(seconds=circuit.FIRST_PAUSE_SECONDS))
    assert queue.claim_due(limit=100).reply_ids == [waiting[0].pk]
    assert queue.claim_due(limit=100).reply_ids == []
    clock.shift(BETWEEN_PROBES)  # the first one's worker may be gone
    assert queue.claim_due(limit=100).reply_ids == [waiting[1].pk]


def test_the_pauses_grow_up_to_a_limit(waiting):
    open_circuit()
    pauses = []
    for _ in range(6):
        pauses.append((Circuit.objects.get().next_try_at - timezone.now()).total_seconds())
        circuit.note_failure()
    assert pauses == [2, 4, 8, 16, 30, 30]


def test_when_the_host_is_back_they_go_out_one_after_the_other(waiting, clock):
    open_circuit()
    circuit.note_answer()
    moments = Reply.objects.order_by("not_before").values_list("not_before", flat=True)
    assert [(moment - timezone.now()).total_seconds() for moment in moments] == [
        pytest.approx(place * circuit.SECONDS_BETWEEN_WAITERS) for place in range(1, 11)
    ]
    clock.shift(timedelta(seconds=circuit.SECONDS_BETWEEN_WAITERS))
    assert len(queue.claim_due(limit=100).reply_ids) == 1


def test_after_a_few_failures_only_probes_go_out_and_all_arrive_when_the_host_is_back(
    alice, alice_key, model, segmind, pauses
):
    queue_many(10, person=alice, key=alice_key, model=model)
    segmind.answers = [*[AWAY] * 14, BACK]
    async_to_sync(work)()
    assert set(Reply.objects.values_list("state", flat=True)) == {"completed"}
    # All ten were claimed before the first one failed; after them it was one at a time.
    assert len(segmind.submitted) == 10 + 4 + 10
    assert not Circuit.objects.exists()


def test_a_429_is_an_answer_too_and_the_host_is_back(reply, segmind, pauses):
    open_circuit()
    segmind.answers = [httpx.Response(429, json={"error": "slow down"}), BACK]
    async_to_sync(work)()
    assert Reply.objects.get().state == "completed"
    assert sum(pauses) < circuit.FIRST_PAUSE_SECONDS + 10


def test_a_host_that_stays_away_for_a_quarter_of_an_hour_ends_as_unreachable(alice, alice_key, model, segmind, pauses):
    queue_many(3, person=alice, key=alice_key, model=model)
    segmind.answers = [AWAY]
    async_to_sync(work)()
    ends = set(Reply.objects.values_list("state", "failure_kind", "billed"))
    assert ends == {("failed", "unreachable", "no")}
    assert all(15 * 60 < reply.seconds < 18 * 60 for reply in Reply.objects.all())
    # Three at once, then a probe every half a minute and no more.
    assert len(segmind.submitted) < 15 * 60 / 30 + 10
