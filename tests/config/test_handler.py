"""A request that waits: woken by the row's change, ended by time, forgotten when the browser leaves."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services.people import disable_person, end_sessions
from chat import live
from chat.live import Bell, Listener
from chat.models import Circuit, Conversation, LanguageModel, Message, Reply
from chat.views import replies
from config import handler

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reply(alice: User) -> Reply:
    model = LanguageModel.objects.create(slug="waiting", label="Waiting", wire_format="openai")
    conversation = Conversation.objects.create(owner=alice, updated_at=timezone.now())
    message = Message.objects.create(conversation=conversation, role="assistant", model=model)
    return Reply.objects.create(owner=alice, message=message, model=model, version="v1", key_label="")


@pytest.fixture
def cookie(client: Client, alice: User) -> str:
    client.force_login(alice)
    return f"sessionid={client.cookies['sessionid'].value}"


@pytest.fixture
async def listener(settings: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Listener]:
    """The site's listener, a fresh one and on the tests' database; every thread's connection is closed at the end."""
    listener = Listener()
    monkeypatch.setattr(handler, "listener", listener)
    monkeypatch.setattr(replies, "listener", listener)
    facts = connection.get_connection_params()
    address = {name: facts[name] for name in ("dbname", "user", "password", "host", "port") if name in facts}
    settings.DATABASE_DIRECT_URL = psycopg.conninfo.make_conninfo(**address)
    listener.start()
    assert listener.task
    bell = Bell(listener, uuid.uuid4())
    await bell.news()  # it listens: everyone is told to look
    bell.take_down()
    yield listener
    listener.task.cancel()
    await asyncio.wait([listener.task])
    await sync_to_async(connections.close_all)()


class Browser:
    """One request to the handler as a server makes it."""

    def __init__(self, path: str, cookie: str) -> None:
        self.sent: list[dict[str, Any]] = []
        self.left = asyncio.Event()
        self.body = [{"type": "http.request", "body": b"", "more_body": False}]
        address, _, query = path.partition("?")
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": address,
            "query_string": query.encode(),
            "headers": [(b"host", b"localhost"), (b"hx-request", b"true"), (b"cookie", cookie.encode())],
        }

    async def receive(self) -> dict[str, Any]:
        if self.body:
            return self.body.pop()
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def ask(self) -> None:
        async with asyncio.timeout(10):
            await handler.Handler()(self.scope, self.receive, self.send)

    @property
    def status(self) -> int:
        status: int = self.sent[0]["status"]
        return status


async def is_waiting(listener: Listener, reply: Reply) -> None:
    async with asyncio.timeout(10):
        while str(reply.pk) not in listener.bells:
            await asyncio.sleep(0.01)


@sync_to_async
def send_out(reply: Reply) -> None:
    reply.move(to="submitting", submit_started_at=timezone.now())


@sync_to_async
def finish(reply: Reply) -> None:
    reply.move(to="submitting", submit_started_at=timezone.now())
    reply.move(to="completed")


async def test_a_page_is_answered(cookie):
    browser = Browser("/healthz", cookie)
    await browser.ask()
    assert browser.status == 200


async def test_a_change_of_the_row_answers_the_request_that_waits_for_it(listener, reply, cookie):
    browser = Browser(f"/replies/{reply.pk}/wait/?state=queued", cookie)
    asking = asyncio.create_task(browser.ask())
    await is_waiting(listener, reply)
    assert browser.sent == []
    await finish(reply)
    await asking
    assert browser.status == 200
    assert b'data-state="completed"' in browser.sent[1]["body"]
    assert listener.bells == {}


@pytest.fixture
def looks(monkeypatch) -> list[str]:
    """The paths that the site was asked for an answer to."""
    paths: list[str] = []
    respond = handler.Handler.respond

    def noted(self: handler.Handler, request: Any) -> Any:
        paths.append(request.path)
        return respond(self, request)

    monkeypatch.setattr(handler.Handler, "respond", noted)
    return paths


async def test_an_answer_that_comes_at_once_is_looked_up_once(listener, reply, cookie, looks, monkeypatch):
    monkeypatch.setattr(handler, "LONGEST_WAIT_SECONDS", 60)
    monkeypatch.setattr(live, "STEP_SECONDS", 60)
    browser = Browser(f"/replies/{reply.pk}/wait/?state=queued", cookie)
    asking = asyncio.create_task(browser.ask())
    await is_waiting(listener, reply)
    assert looks == []
    await finish(reply)
    await asking
    assert len(looks) == 1
    assert b'data-state="completed"' in browser.sent[1]["body"]


async def test_an_answer_that_was_there_before_is_not_waited_for(listener, reply, cookie, looks, monkeypatch):
    monkeypatch.setattr(live, "STEP_SECONDS", 60)
    bell = Bell(listener, reply.pk)
    await finish(reply)
    while bell.state != "completed":
        bell.rung.clear()
        await bell.rung.wait()
    browser = Browser(f"/replies/{reply.pk}/wait/?state=queued", cookie)
    await browser.ask()
    assert len(looks) == 1
    assert b'data-state="completed"' in browser.sent[1]["body"]


async def test_a_step_is_shown_by_the_first_look(listener, reply, cookie, looks):
    browser = Browser(f"/replies/{reply.pk}/wait/?state=queued", cookie)
    asking = asyncio.create_task(browser.ask())
    await is_waiting(listener, reply)
    await send_out(reply)
    await asking
    assert len(looks) == 1
    assert b'data-state="submitting"' in browser.sent[1]["body"]


async def test_a_request_without_news_is_answered_empty(listener, reply, cookie, monkeypatch):
    monkeypatch.setattr(handler, "LONGEST_WAIT_SECONDS", 0.5)
    browser = Browser(f"/replies/{reply.pk}/wait/?state=queued", cookie)
    await browser.ask()
    assert (browser.status, browser.sent[1]["body"]) == (204, b"")
    assert listener.bells == {}


@sync_to_async
def hold_back(reply: Reply) -> None:
    """A change that no bell rings for: the host is away."""
    Reply.objects.filter(pk=reply.pk).update(created_at=timezone.now() - timedelta(seconds=5))
    Circuit.objects.create(host=settings.SEGMIND_BASE_URL, next_try_at=timezone.now() + timedelta(seconds=30))


async def test_a_request_in_the_queue_looks_again_by_itself(listener, reply, cookie, monkeypatch):
    monkeypatch.setattr(replies, "PLACE_SECONDS", 0.05)
    browser = Browser(f"/replies/{reply.pk}/wait/?state=queued", cookie)
    asking = asyncio.create_task(browser.ask())
    await is_waiting(listener, reply)
    await hold_back(reply)
    await asking
    assert b"queued-away" in browser.sent[1]["body"]
    assert listener.bells == {}


async def test_a_browser_that_leaves_is_forgotten(listener, reply, cookie):
    browser = Browser(f"/replies/{reply.pk}/wait/?state=queued", cookie)
    asking = asyncio.create_task(browser.ask())
    await is_waiting(listener, reply)
    browser.left.set()
    await asking
    assert browser.sent == []
    assert listener.bells == {}


@pytest.mark.parametrize("end", [disable_person, end_sessions])
async def test_a_request_whose_person_is_signed_out_meanwhile_is_sent_to_sign_in(listener, reply, cookie, alice, end):
    browser = Browser(f"/replies/{reply.pk}/wait/?state=queued", cookie)
    asking = asyncio.create_task(browser.ask())
    await is_waiting(listener, reply)
    await sync_to_async(end)(person=alice)
    await asking
    assert (b"HX-Redirect", b"/accounts/login/?next=/") in browser.sent[0]["headers"]
    assert browser.sent[1]["body"] == b""
    assert listener.bells == {}


async def test_a_request_of_the_session_that_stays_goes_on_waiting(listener, reply, cookie, alice, monkeypatch):
    browser = Browser(f"/replies/{reply.pk}/wait/?state=queued", cookie)
    asking = asyncio.create_task(browser.ask())
    await is_waiting(listener, reply)
    await sync_to_async(end_sessions)(person=alice, except_for=cookie.removeprefix("sessionid="))
    await finish(reply)
    await asking
    assert b'data-state="completed"' in browser.sent[1]["body"]
