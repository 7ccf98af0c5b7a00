"""What becomes of somebody's conversations when they leave."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from accounts.models import User
from accounts.services.departures import delete_due_accounts, leave
from accounts.services.invitations import accept, invite
from accounts.services.people import disable_person
from chat.models import Budget, Conversation, Message, Reply
from tests.chat.sending import send
from tests.factories import PASSWORD


def depart(person: User) -> None:
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as clock:
        leave(person=person)
        clock.shift(timedelta(days=15))
        assert delete_due_accounts() == 1


def test_the_ledger_keeps_its_numbers_without_a_name_or_a_word(alice, bob, conversation, reply, deliver, llama):
    deliver(reply)
    Reply.objects.update(failure_detail="about Alice", raw_answer="Dear Alice", input_tokens=7)
    depart(alice)
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    kept = Reply.objects.get()
    assert (kept.owner, kept.message, kept.api_key) == (None, None, None)
    assert (kept.state, kept.cost, kept.input_tokens, kept.model) == ("completed", Decimal("0.0006"), 7, llama)
    assert (kept.key_label, kept.failure_detail, kept.raw_answer) == ("", "", "")


def test_what_runs_is_stopped_and_not_sent(alice, conversation, reply, segmind, deliver):
    depart(alice)
    assert deliver(reply).state == "stopped"
    assert segmind.submitted == []


def test_what_is_on_its_way_ends_without_a_trace_of_the_answer(alice, conversation, reply, segmind, deliver):
    segmind.meanwhile = lambda: depart(alice)
    ended = deliver(reply)
    assert (ended.state, ended.cost) == ("stopped", Decimal("0.0006"))
    assert not Message.objects.exists()


def test_other_peoples_conversations_stay(alice, bob, conversation):
    depart(bob)
    assert list(Conversation.objects.all()) == [conversation]


def test_what_a_disabled_person_had_queued_is_not_sent(alice, conversation, reply, segmind, deliver):
    disable_person(person=alice)
    assert deliver(reply).state == "stopped"
    assert segmind.submitted == []


def test_a_conversation_with_many_messages_goes_whole(alice, alice_key, llama, conversation, reply, deliver):
    deliver(reply)
    for text in ("one", "two"):
        turn = send(alice, text, model=llama, conversation=conversation)
        deliver(turn.answer.reply)
    depart(alice)
    assert (Message.objects.count(), Reply.objects.count()) == (0, 3)


@pytest.mark.parametrize("limit", [None, Decimal(0), Decimal("12.5")])
def test_who_joins_by_an_invitation_gets_the_budget_of_it(alice, limit):
    sent = invite(email="zoe@example.com", role="member", invited_by=alice, site_url="http://x/", budget_limit=limit)
    zoe = accept(token=sent.link.split("/")[-2], name="Zoe", password=PASSWORD)
    assert list(Budget.objects.values_list("owner", "limit")) == ([] if limit is None else [(zoe.pk, limit)])
