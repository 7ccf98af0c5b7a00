"""The buttons beside a lost answer: look for it, ask for the balance, give up."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.services import api_keys, key_checks
from accounts.services.key_checks import CheckResult, Outcome
from chat.models import Reply
from chat.services.unknown_replies import Comparison, Verdict
from chat.views import unknown_replies as views
from tests.chat.delivery.test_v2 import REQUEST
from tests.chat.sending import send

HTMX = {"HX-Request": "true"}
NAMES = ["reply_give_up", "reply_look", "reply_balance"]


@pytest.fixture
def lost(reply: Reply) -> Reply:
    reply.move(to="submitting", submit_started_at=timezone.now() - timedelta(minutes=20))
    reply.move(to="unknown", billed="unknown")
    return reply


@pytest.fixture
def lost_request(alice, alice_key, haiku) -> Reply:
    reply = send(alice, "hello", model=haiku).answer.reply
    assert reply
    reply.move(to="submitting", submit_started_at=timezone.now())
    reply.move(to="unknown", billed="unknown", request_id=REQUEST)
    return reply


def post(client, name: str, reply: Reply, **headers: str):
    return client.post(reverse(name, args=[reply.pk]), headers=headers or HTMX)


def page_of(client, reply):
    return client.get(reply.message.conversation.get_absolute_url()).content.decode()


def test_what_is_offered_depends_on_what_segmind_can_know(client, alice, lost, lost_request):
    client.force_login(alice)
    page = page_of(client, lost)
    assert ["Ask for the balance" in page, "Look for the answer" in page, "Give up" in page] == [True, False, True]
    page = page_of(client, lost_request)
    assert ["Ask for the balance" in page, "Look for the answer" in page, "Give up" in page] == [False, True, True]


def test_giving_up_quietens_the_warning_and_keeps_the_message(client, alice, lost):
    client.force_login(alice)
    for page in (post(client, "reply_give_up", lost).content.decode(), page_of(client, lost)):
        assert 'data-state="unknown"' in page
        assert "failure--plain" in page
        assert "Given up on" in page
        assert "Try again" in page
        assert 'role="alert"' not in page
        assert "Give up<" not in page
    lost.refresh_from_db()
    assert (lost.given_up_by, lost.message.parent.text) == (alice, "hello")


def test_looking_shows_the_reply_on_its_way_again(client, alice, lost_request):
    client.force_login(alice)
    page = post(client, "reply_look", lost_request).content.decode()
    assert 'data-state="processing"' in page
    assert "/wait/?state=processing" in page


def test_looking_too_late_says_so(client, alice, lost_request):
    Reply.objects.update(submit_started_at=timezone.now() - timedelta(hours=2))
    client.force_login(alice)
    page = post(client, "reply_look", lost_request).content.decode()
    assert 'data-state="unknown"' in page
    assert "does not know this request any more" in page


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        (Verdict.BILLED, "0.0006 credits are missing, which is about what A &amp; B costs. So it was billed"),
        (Verdict.NOT_BILLED, "So it was not billed."),
        (Verdict.NOT_YET, "ask again in ten minutes"),
        (Verdict.ODD_AMOUNT, "which is not what A &amp; B usually costs"),
        (Verdict.CREDITS_ADDED, "Credits were added since"),
        (Verdict.OTHERS_RAN, "Other messages were sent through this key"),
        (Verdict.NO_ANSWER, "Segmind did not tell the balance"),
        (Verdict.NO_BALANCE_BEFORE, "The balance from before is not known"),
    ],
)
def test_each_verdict_on_the_balance_is_a_sentence(client, alice, lost, llama, monkeypatch, verdict, says):
    llama.label = "A & B"
    llama.save()
    comparison = Comparison(verdict, Decimal("0.0006"))
    monkeypatch.setattr(views.unknown_replies, "compare_balance", lambda reply: comparison)
    client.force_login(alice)
    assert says in post(client, "reply_balance", lost).content.decode()


def test_the_balance_in_the_side_bar_is_the_new_one(client, alice, lost, deliver, llama, monkeypatch):
    first = deliver(send(alice, "before", model=llama).answer.reply)
    Reply.objects.filter(pk=first.pk).update(finished_at=lost.submit_started_at - timedelta(minutes=5))

    def check_key(*, key):
        api_keys.note_balance(key_id=key.pk, credits=Decimal("24.4994"))
        return CheckResult(Outcome.WORKS, balance=Decimal("24.4994"))

    monkeypatch.setattr(key_checks, "check_key", check_key)
    client.force_login(alice)
    page = post(client, "reply_balance", lost).content.decode()
    assert "So it was billed" in page
    assert 'data-credits="24.4994' in page
    assert 'data-state="unknown"' in page


@pytest.mark.parametrize("name", NAMES)
def test_each_works_without_javascript(client, alice, lost, name):
    client.force_login(alice)
    response = client.post(reverse(name, args=[lost.pk]))
    assert (response.status_code, response["Location"]) == (302, lost.message.conversation.get_absolute_url())


@pytest.mark.parametrize("name", NAMES)
def test_each_is_for_the_owner_and_by_post(client, alice, charlie, lost, name):
    client.force_login(charlie)
    assert post(client, name, lost).status_code == 404
    client.force_login(alice)
    assert client.get(reverse(name, args=[lost.pk])).status_code == 405
    lost.refresh_from_db()
    assert (lost.state, lost.given_up_at) == ("unknown", None)


@pytest.mark.parametrize("name", NAMES)
def test_a_reply_that_is_not_unknown_stays_as_it_is(client, alice, reply, name):
    client.force_login(alice)
    assert 'data-state="queued"' in post(client, name, reply).content.decode()
    reply.refresh_from_db()
    assert (reply.state, reply.given_up_at) == ("queued", None)
