"""What an outcome of the sending makes of a reply: the failure model's table, by v1."""

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from django.utils import timezone

from accounts.services.key_notices import tell_of_keys
from chat.models import LanguageModel, Message
from chat.services.conversations import delete_conversation
from tests.chat.conftest import v1_answer
from tests.chat.sending import send

ERROR = {"error": "Segmind says no"}


def test_an_answer_is_stored_with_its_cost_and_the_balance(reply, segmind, deliver, alice_key):
    segmind.answers = [v1_answer("**Hi**", cost="0.0006", credits="24.5")]
    reply = deliver(reply)

    assert (reply.state, reply.billed, reply.cost, reply.remaining_credits) == (
        "completed",
        "yes",
        Decimal("0.0006"),
        Decimal("24.5"),
    )
    assert (reply.input_tokens, reply.output_tokens, reply.stop_reason) == (7, 3, "stop")
    assert reply.message.text == "**Hi**"
    assert "<strong>Hi</strong>" in reply.message.stored_html
    alice_key.refresh_from_db()
    assert alice_key.balance == Decimal("24.5")


def test_the_whole_path_is_sent_in_the_models_format(alice, reply, conversation, llama, segmind, deliver):
    segmind.answers = [v1_answer("Hi!")]
    deliver(reply)
    turn = send(alice, "and then?", model=llama, conversation=conversation, instruction="Be brief.")
    deliver(turn.answer.reply)

    assert segmind.submitted[-1]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "Hi!"},
        {"role": "user", "content": "and then?"},
    ]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, ERROR, "request"),
        (401, ERROR, "key"),
        (403, ERROR, "forbidden"),
        (404, ERROR, "model"),
        (406, {"error": "Not enough credits"}, "credits"),
        (410, ERROR, "model"),
        (422, ERROR, "refused"),
    ],
)
def test_a_refusal_fails_without_cost_and_is_not_repeated(reply, segmind, deliver, status, body, kind):
    segmind.answers = [httpx.Response(status, json=body)]
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind, reply.billed) == ("failed", kind, "no")
    assert reply.failure_detail == body["error"]
    assert len(segmind.submitted) == 1


def test_a_call_refused_for_credits_asks_what_is_left(reply, segmind, deliver, alice_key):
    balance = {"credits": 0.0, "free-credits": 0.0002}
    segmind.answers = [httpx.Response(406, json={"error": "Not enough credits"}), httpx.Response(200, json=balance)]
    reply = deliver(reply)
    alice_key.refresh_from_db()
    assert (reply.failure_kind, reply.billed, reply.remaining_credits) == ("credits", "no", Decimal("0.0002"))
    assert (alice_key.state, alice_key.balance) == ("exhausted", Decimal("0.0002"))


def test_a_spend_limit_is_noted_on_the_key_to_be_told(reply, segmind, deliver, alice_key):
    said = "Team spend limit reached: the monthly limit of 50 credits is used up."
    segmind.answers = [httpx.Response(406, json={"error": said})]
    assert deliver(reply).failure_kind == "spend-limit"
    alice_key.refresh_from_db()
    assert (alice_key.spend_limited_at is not None, alice_key.last_error) == (True, said)
    tell_of_keys()
    assert [(notice.person, notice.kind) for notice in alice_key.notices.all()] == [(reply.owner, "key.spend_limit")]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, html="<h1>Bad gateway</h1>"),
        httpx.Response(503, json=ERROR),
        httpx.Response(504, text=""),
        httpx.Response(200, html="<h1>Hello</h1>"),
        httpx.Response(200, text="{"),
    ],
    ids=["502", "503", "504", "html", "broken"],
)
def test_a_garbled_answer_may_have_been_billed_and_is_not_repeated(reply, segmind, deliver, answer):
    segmind.answers = [answer]
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind) == ("failed", "upstream")
    assert reply.billed in ("unknown", "yes")
    assert len(segmind.submitted) == 1


@pytest.mark.parametrize(
    "fault", [httpx.ReadTimeout(""), httpx.WriteError(""), httpx.ReadError(""), httpx.RemoteProtocolError("")]
)
def test_a_lost_answer_is_unknown_and_never_repeated_by_machine(reply, segmind, deliver, fault):
    segmind.answers = [fault]
    reply = deliver(reply)
    assert (reply.state, reply.billed) == ("unknown", "unknown")
    assert len(segmind.submitted) == 1


def test_what_was_never_sent_goes_out_again(reply, segmind, deliver):
    segmind.answers = [httpx.ConnectError(""), httpx.ConnectTimeout(""), v1_answer()]
    reply = deliver(reply)
    assert reply.state == "completed"
    assert len(segmind.submitted) == 3


def test_a_segmind_that_stays_away_is_told_in_the_end(reply, segmind, deliver):
    segmind.answers = [httpx.ConnectError("")]
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind, reply.billed) == ("failed", "unreachable", "no")
    assert 15 * 60 < reply.seconds < 17 * 60


def test_a_429_waits_for_its_reset_and_is_no_error(reply, segmind, deliver, pauses):
    reset = (timezone.now() + timedelta(seconds=20)).isoformat()
    segmind.answers = [httpx.Response(429, json=ERROR, headers={"x-rate-limit-reset-at-utc": reset}), v1_answer()]
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind) == ("completed", "")
    assert 19.9 < sum(pauses) < 20.6


def test_a_500_is_tried_once_more_and_only_once(reply, segmind, deliver):
    segmind.answers = [httpx.Response(500, json=ERROR)]
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind, reply.billed) == ("failed", "upstream", "no")
    assert len(segmind.submitted) == 2


def test_a_retired_model_is_no_longer_offered(reply, segmind, deliver, llama):
    segmind.answers = [httpx.Response(410, json=ERROR)]
    deliver(reply)
    assert llama not in LanguageModel.objects.on_offer()


def test_a_refused_key_is_marked(reply, segmind, deliver, alice_key):
    segmind.answers = [httpx.Response(401, json=ERROR)]
    deliver(reply)
    alice_key.refresh_from_db()
    assert alice_key.state == "refused"


def test_a_cost_that_is_no_number_stays_unknown(reply, segmind, deliver):
    segmind.answers = [v1_answer(cost="NaN", credits="-inf")]
    reply = deliver(reply)
    assert (reply.state, reply.billed, reply.cost, reply.remaining_credits) == ("completed", "yes", None, None)


def test_an_answer_without_text_is_an_outcome_of_its_own(reply, segmind, deliver):
    segmind.answers = [v1_answer("")]
    reply = deliver(reply)
    assert (reply.state, reply.message.text) == ("completed", "")


def test_a_key_removed_meanwhile_is_told_and_nothing_is_sent(reply, segmind, deliver, alice_key):
    alice_key.delete()
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind) == ("failed", "key")
    assert segmind.calls == []


def test_a_conversation_deleted_before_sending_is_not_sent(reply, conversation, segmind, deliver):
    delete_conversation(conversation=conversation)
    assert (deliver(reply).state, segmind.calls) == ("stopped", [])
    assert not Message.objects.exists()


def test_what_has_lost_its_message_is_not_sent(reply, conversation, segmind, deliver):
    conversation.delete()  # not by the service, which would have stopped it
    assert (deliver(reply).state, segmind.calls) == ("stopped", [])


def test_someone_disabled_sends_nothing_more(alice, reply, segmind, deliver):
    alice.is_active = False
    alice.save()
    assert deliver(reply).state == "stopped"
    assert segmind.calls == []
