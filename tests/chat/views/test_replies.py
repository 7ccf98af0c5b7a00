"""Waiting, stopping, trying again."""

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from chat.live import Waiting, listener
from chat.models import Reply
from chat.views import replies as views

HTMX = {"HX-Request": "true"}


def finish(reply: Reply) -> None:
    reply.move(to="submitting", submit_started_at=timezone.now())
    reply.move(to="completed")


def ask(client, reply: Reply, shown: str = "queued"):
    return client.get(reverse("reply_wait", args=[reply.pk]) + f"?state={shown}", headers=HTMX)


def test_a_browser_that_shows_an_old_state_is_answered_at_once(client, alice, reply):
    finish(reply)
    client.force_login(alice)
    response = ask(client, reply)
    page = response.content.decode()
    assert response.status_code == 200
    assert 'data-state="completed"' in page
    assert "/wait/" not in page
    assert 'id="credits"' in page


def test_without_news_the_request_waits_and_its_bell_is_silent(client, alice, reply):
    client.force_login(alice)
    response = ask(client, reply)
    assert isinstance(response, Waiting)
    assert (response.status_code, response.content) == (204, b"")
    assert not response.bell.rung.is_set()


def test_a_step_on_the_way_waits_for_the_next_one(client, alice, reply):
    reply.move(to="submitting", submit_started_at=timezone.now())
    client.force_login(alice)
    response = ask(client, reply)
    assert isinstance(response, Waiting)
    assert response.bell.state == "submitting"


def test_a_step_is_shown_to_a_browser_that_has_waited(rf, alice, reply):
    reply.move(to="submitting", submit_started_at=timezone.now())
    request = rf.get("/?state=queued")
    request.has_waited = True
    assert views.is_news(request, reply)


def test_what_ends_while_the_view_looks_is_not_missed(client, alice, reply, monkeypatch):
    look = views.access.reply_for

    def look_then_finish(*args):
        seen = look(*args)
        finish(Reply.objects.get(pk=reply.pk))
        listener.ring(str(reply.pk), "completed")
        return seen

    monkeypatch.setattr(views.access, "reply_for", look_then_finish)
    client.force_login(alice)
    assert ask(client, reply).bell.state == "completed"


def test_no_bell_is_left_hanging_where_nobody_waits(client, alice, charlie, reply):
    finish(reply)
    for person in (alice, charlie):
        client.force_login(person)
        ask(client, reply)
    assert str(reply.pk) not in listener.bells


def test_waiting_for_someone_elses_reply_is_like_waiting_for_none(client, reply, charlie):
    client.force_login(charlie)
    for pk in (reply.pk, uuid.uuid4()):
        assert client.get(reverse("reply_wait", args=[pk]), headers=HTMX).status_code == 404


def test_trying_again_shows_the_new_attempt(client, alice, reply):
    reply.move(to="failed", failure_kind="upstream")
    client.force_login(alice)
    page = client.post(reverse("reply_retry", args=[reply.pk]), headers=HTMX).content.decode()
    assert 'data-state="queued"' in page
    assert str(Reply.objects.latest("created_at").pk) in page


def test_trying_again_without_javascript_leads_back(client, alice, reply, conversation):
    reply.move(to="failed", failure_kind="upstream")
    client.force_login(alice)
    response = client.post(reverse("reply_retry", args=[reply.pk]))
    assert (response.status_code, response["Location"]) == (302, conversation.get_absolute_url())


def test_what_may_cost_twice_is_not_sent_without_a_yes(client, alice, reply):
    reply.move(to="failed", failure_kind="upstream", billed="unknown")
    client.force_login(alice)
    address = reverse("reply_retry", args=[reply.pk])
    assert client.post(address, headers=HTMX).status_code == 422
    assert Reply.objects.count() == 1
    client.post(address, {"confirm": "on"}, headers=HTMX)
    assert Reply.objects.count() == 2


def test_stopping(client, alice, reply):
    client.force_login(alice)
    page = client.post(reverse("reply_stop", args=[reply.pk]), headers=HTMX).content.decode()
    assert 'data-state="stopped"' in page


@pytest.mark.parametrize("name", ["reply_retry", "reply_stop"])
def test_only_the_owner_acts_and_only_by_post(client, alice, charlie, reply, name):
    client.force_login(charlie)
    assert client.post(reverse(name, args=[reply.pk])).status_code == 404
    client.force_login(alice)
    assert client.get(reverse(name, args=[reply.pk])).status_code == 405
