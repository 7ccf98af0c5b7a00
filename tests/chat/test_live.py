"""Waiting browsers are woken by PostgreSQL itself, whoever changed the row."""

import asyncio
import uuid

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chat import live, notifications
from chat.models import LanguageModel, Reply

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reply(alice: User) -> Reply:
    model = LanguageModel.objects.create(slug="waiting", label="Waiting", wire_format="openai")
    return Reply.objects.create(owner=alice, model=model, version="v1", key_label="")


@pytest.fixture
def listener(settings, monkeypatch, alice) -> live.Listener:
    """Listens to the tests' own database."""
    facts = connection.get_connection_params()
    address = {name: facts[name] for name in ("dbname", "user", "password", "host", "port") if name in facts}
    settings.DATABASE_DIRECT_URL = psycopg.conninfo.make_conninfo(**address)
    monkeypatch.setattr(notifications, "RECONNECT_SECONDS", 0.01)
    return live.Listener()


@sync_to_async
def submit(reply: Reply) -> None:
    Reply.objects.filter(pk=reply.pk).update(state="submitting", submit_started_at=timezone.now())


@sync_to_async
def complete(reply: Reply) -> None:
    Reply.objects.filter(pk=reply.pk).update(state="completed", finished_at=timezone.now())


@sync_to_async
def end_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND datname = %s",
            [connection.settings_dict["NAME"]],
        )
        assert cursor.rowcount == 1


@pytest.fixture
def bell(listener, reply):
    return live.Bell(listener, reply.pk)


@pytest.fixture
async def listening(listener, bell):
    """Listening has begun: whoever hung a bell before is told to look again."""
    listener.start()
    async with asyncio.timeout(5):
        await bell.news()
    bell.rung.clear()
    yield
    listener.task.cancel()
    await asyncio.wait([listener.task])
    # The thread that the ORM works in here has a connection of its own.
    await sync_to_async(connections.close_all)()


async def heard(bell: live.Bell) -> str:
    async with asyncio.timeout(5):
        await bell.news()
    return bell.state


async def test_a_committed_change_rings_with_the_new_state(reply, bell, listening):
    await submit(reply)
    assert await heard(bell) == "submitting"


async def test_a_change_of_another_reply_is_not_heard(reply, listener, listening):
    other, own = live.Bell(listener, uuid.uuid4()), live.Bell(listener, reply.pk)
    await submit(reply)
    await heard(own)
    assert not other.rung.is_set()


async def test_who_comes_for_a_reply_that_has_ended_is_answered_without_a_rest(reply, listener, bell, listening):
    address = reverse("reply_wait", args=[reply.pk])
    rest = listener.first_rest(address)
    assert rest.look_again_seconds == live.STEP_SECONDS
    assert rest.bell in listener.bells[str(reply.pk)]
    await submit(reply)
    await heard(rest.bell)
    assert listener.first_rest(address)
    await complete(reply)
    await heard(bell)
    assert listener.first_rest(address) is None


def test_only_the_wait_for_a_reply_begins_with_a_rest(listener):
    for address in ("/", reverse("sidebar_wait"), reverse("reply_stop", args=[uuid.uuid4()]), "/replies/me/wait/"):
        assert listener.first_rest(address) is None


def test_ends_of_long_ago_are_forgotten(listener, monkeypatch):
    monkeypatch.setattr(live, "ENDS_KEPT", 2)
    for reply_id in "abca":
        listener.ring(reply_id, "completed")
    listener.ring("d", "queued")
    listener.ring("e", "")  # its person was signed out
    assert list(listener.ended) == ["c", "a"]


async def test_after_a_broken_connection_everyone_looks_again(reply, bell, listening):
    await end_other_connections()
    assert await heard(bell) == ""
    bell.rung.clear()
    await submit(reply)
    assert await heard(bell) == "submitting"


async def test_a_step_that_is_followed_at_once_is_no_news_of_its_own(bell, monkeypatch):
    monkeypatch.setattr(live, "STEP_SECONDS", 5)
    bell.ring("submitting")
    news = asyncio.create_task(heard(bell))
    await asyncio.sleep(0)
    bell.ring("completed")
    assert await news == "completed"


async def test_the_end_that_came_during_the_look_is_not_taken_for_an_earlier_step(bell, monkeypatch):
    monkeypatch.setattr(live, "STEP_SECONDS", 60)
    bell.ring("completed")
    bell.catch_up("submitting")
    assert await heard(bell) == "completed"


async def test_a_step_found_by_the_look_is_news(bell, monkeypatch):
    monkeypatch.setattr(live, "STEP_SECONDS", 0.01)
    bell.catch_up("submitting")
    assert await heard(bell) == "submitting"


def test_nothing_is_kept_for_those_who_left(listener, reply):
    first, second = live.Bell(listener, reply.pk), live.Bell(listener, reply.pk)
    first.take_down()
    assert list(listener.bells.values()) == [{second}]
    second.take_down()
    second.take_down()
    assert listener.bells == {}
