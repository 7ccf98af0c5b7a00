"""What a person can do about a lost answer: none of it sends anything."""

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from django.utils import timezone

from accounts.services import api_keys, key_checks
from accounts.services.key_checks import CheckResult, Outcome
from chat.models import Reply
from chat.services import unknown_replies
from chat.services.replies import try_again
from chat.services.unknown_replies import Verdict, compare_balance, give_up, look_for_answer
from tests.chat.delivery.test_v2 import COMPLETED, REQUEST, RESULT
from tests.chat.sending import send
from tests.factories import ApiKeyFactory

LONG_AGO = timedelta(minutes=30)


def lose(reply: Reply | None, **changes: object) -> Reply:
    """Sent, and the answer never came."""
    assert reply
    assert reply.move(to="submitting", submit_started_at=timezone.now(), fence=1)
    assert reply.move(to="unknown", billed="unknown", **changes)
    return Reply.objects.select_related("message", "model", "api_key").get(pk=reply.pk)


@pytest.fixture
def lost(reply) -> Reply:
    return lose(reply)


@pytest.fixture
def lost_request(alice, alice_key, haiku) -> Reply:
    """Segmind gave it a number, and then nobody could ask after it."""
    return lose(send(alice, "hello", model=haiku).answer.reply, request_id=REQUEST)


# --- Giving up ----------------------------------------------------------------
def test_giving_up_is_noted_once(lost, alice, bob):
    assert [give_up(reply=lost, person=alice), give_up(reply=lost, person=bob)] == [True, False]
    lost.refresh_from_db()
    assert (lost.state, lost.given_up_by) == ("unknown", alice)
    assert lost.given_up_at


def test_only_an_unknown_reply_is_given_up(reply, alice):
    assert not give_up(reply=reply, person=alice)


# --- Looking for the answer ---------------------------------------------------
def test_a_request_that_segmind_knows_is_followed_to_its_answer(lost_request, segmind, deliver):
    assert look_for_answer(reply=lost_request)
    segmind.answers = [COMPLETED, RESULT]
    reply = deliver(lost_request)
    assert (reply.state, reply.message.text, reply.billed) == ("completed", "Hi!", "yes")
    assert segmind.submitted == []


def test_looking_twice_is_once(lost_request):
    other = Reply.objects.get(pk=lost_request.pk)
    assert look_for_answer(reply=lost_request)
    assert not look_for_answer(reply=other)


def test_without_a_request_or_after_its_hour_there_is_nothing_to_follow(lost, lost_request):
    assert not look_for_answer(reply=lost)
    lost_request.submit_started_at -= timedelta(minutes=51)
    assert not look_for_answer(reply=lost_request)


def test_nothing_is_followed_beside_another_attempt(lost_request):
    try_again(reply=lost_request, confirmed=True)
    assert not look_for_answer(reply=lost_request)
    assert Reply.objects.get(pk=lost_request.pk).state == "unknown"


# --- Asking for the balance ---------------------------------------------------
@pytest.fixture
def balance(monkeypatch) -> dict[str, Decimal | None]:
    """What Segmind tells now; 24.5 credits unless a test says otherwise."""
    told: dict[str, Decimal | None] = {"now": Decimal("24.5")}

    def check_key(*, key):
        return CheckResult(Outcome.WORKS if told["now"] is not None else Outcome.UNREACHABLE, balance=told["now"])

    monkeypatch.setattr(key_checks, "check_key", check_key)
    return told


@pytest.fixture
def second(reply, deliver, alice, llama) -> Reply:
    """Lost half an hour ago, after a first reply that cost 0.0006 and left 24.5."""
    deliver(reply)
    Reply.objects.update(finished_at=timezone.now() - LONG_AGO * 2)
    conversation = reply.message.conversation
    lost = lose(send(alice, "again", model=llama, conversation=conversation).answer.reply)
    lost.submit_started_at = timezone.now() - LONG_AGO
    lost.save()
    return lost


@pytest.mark.parametrize(
    ("now", "verdict", "missing"),
    [
        ("24.5", Verdict.NOT_BILLED, "0"),
        ("24.4994", Verdict.BILLED, "0.0006"),
        ("24.495", Verdict.BILLED, "0.005"),
        ("24.4", Verdict.ODD_AMOUNT, "0.1"),
        ("24.49999", Verdict.ODD_AMOUNT, "0.00001"),
        ("34.5", Verdict.CREDITS_ADDED, "-10"),
    ],
)
def test_the_balance_tells(second, balance, now, verdict, missing):
    balance["now"] = Decimal(now)
    comparison = compare_balance(reply=second)
    assert (comparison.verdict, comparison.missing) == (verdict, Decimal(missing))


def test_soon_after_the_sending_nothing_missing_proves_nothing(second, balance):
    second.submit_started_at = timezone.now()
    assert compare_balance(reply=second).verdict == Verdict.NOT_YET


def test_without_an_answer_before_there_is_nothing_to_compare_with(lost, balance):
    assert compare_balance(reply=lost).verdict == Verdict.NO_BALANCE_BEFORE


def test_segmind_may_not_tell(second, balance):
    balance["now"] = None
    assert compare_balance(reply=second).verdict == Verdict.NO_ANSWER


@pytest.mark.parametrize("end", ["completed", "unknown", "submitting"])
def test_another_reply_through_the_same_key_hides_what_is_missing(second, balance, alice, llama, end):
    other = send(alice, "other", model=llama).answer.reply
    other.move(to="submitting", submit_started_at=timezone.now())
    if end != "submitting":
        other.move(to=end, billed="yes" if end == "completed" else "unknown")
    assert compare_balance(reply=second).verdict == Verdict.OTHERS_RAN


def test_what_certainly_cost_nothing_hides_nothing(second, balance, alice, llama):
    other = send(alice, "other", model=llama).answer.reply
    other.move(to="submitting", submit_started_at=timezone.now())
    other.move(to="failed", failure_kind="request", billed="no")
    assert compare_balance(reply=second).verdict == Verdict.NOT_BILLED


def test_one_key_stored_by_two_people_is_one_account(second, balance, bob, llama):
    value = api_keys.open_key(second.api_key)
    ApiKeyFactory.create(owner=bob, value=value)
    send(bob, "mine", model=llama).answer.reply.move(to="submitting", submit_started_at=timezone.now())
    assert compare_balance(reply=second).verdict == Verdict.OTHERS_RAN


def test_a_model_without_a_known_price_is_told_by_any_amount(second, balance, llama):
    Reply.objects.update(cost=None)
    llama.published_cost = None
    llama.save()
    second.refresh_from_db()
    balance["now"] = Decimal("24.1")
    assert unknown_replies.usual_cost(llama) is None
    assert compare_balance(reply=second).verdict == Verdict.BILLED


def test_asking_for_the_balance_sends_no_message(second, segmind, balance):
    segmind.calls.clear()
    segmind.answers = [httpx.Response(500)]
    compare_balance(reply=second)
    assert segmind.calls == []
