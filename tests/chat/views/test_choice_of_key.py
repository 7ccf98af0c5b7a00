"""Who has several keys chooses in a conversation which one pays, and sees at each reply which one did."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey, User
from accounts.services.api_keys import grant_key
from chat.models import Conversation, LanguageModel, Reply
from tests.chat.sending import send
from tests.factories import ApiKeyFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture
def other_key(alice: User) -> ApiKey:
    return ApiKeyFactory.create(owner=alice, label="Second purse")


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def post(client: Client, conversation: Conversation, llama: LanguageModel, **fields: Any) -> Any:
    posted = {"client_id": uuid4(), "text": "more", "model": llama.slug, **fields}
    return client.post(f"/c/{conversation.pk}/messages/", posted, headers=HTMX)


def latest(conversation: Conversation) -> Reply:
    return Reply.objects.filter(message__conversation=conversation).latest("created_at")


def test_one_key_is_no_choice(signed_in, conversation, alice_key):
    assert 'name="api_key"' not in signed_in.get(f"/c/{conversation.pk}/").content.decode()


def test_a_choice_pays_and_is_remembered(signed_in, conversation, alice_key, other_key, llama):
    page = signed_in.get(f"/c/{conversation.pk}/").content.decode()
    assert '<option value="" selected>' in page
    assert "Second purse</option>" in page
    post(signed_in, conversation, llama, api_key=other_key.pk)
    page = signed_in.get(f"/c/{conversation.pk}/").content.decode()
    assert f'<option value="{other_key.pk}" selected>' in page
    conversation.refresh_from_db()
    assert (conversation.api_key, latest(conversation).api_key) == (other_key, other_key)
    post(signed_in, conversation, llama, api_key="")
    conversation.refresh_from_db()
    assert conversation.api_key is None


def test_a_page_without_the_choice_changes_nothing_about_it(signed_in, conversation, alice_key, other_key, llama):
    post(signed_in, conversation, llama, api_key=alice_key.pk)
    post(signed_in, conversation, llama)
    conversation.refresh_from_db()
    assert (conversation.api_key, latest(conversation).api_key) == (alice_key, alice_key)


def test_a_key_that_is_not_ones_to_use_is_refused_beside_the_text(signed_in, conversation, llama, bob):
    before = Reply.objects.count()
    for key_id in (ApiKeyFactory.create(owner=bob).pk, ApiKeyFactory.create(owner=None).pk, uuid4(), "nonsense"):
        answer = post(signed_in, conversation, llama, api_key=key_id, text="keep this")
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "This key can&#x27;t pay for you any more" in page
        assert "keep this" in page
    assert Reply.objects.count() == before


def test_trying_again_keeps_to_the_choice(signed_in, conversation, reply, alice_key, other_key):
    Conversation.objects.filter(pk=conversation.pk).update(api_key=alice_key)
    reply.move(to=Reply.State.FAILED, failure_kind=Reply.FailureKind.UPSTREAM)
    signed_in.post(f"/replies/{reply.pk}/retries/", headers=HTMX)
    assert latest(conversation).api_key == alice_key
    assert latest(conversation) != reply


def test_a_removed_choice_leaves_it_to_the_default(signed_in, conversation, alice_key, other_key, llama):
    Conversation.objects.filter(pk=conversation.pk).update(api_key=other_key)
    other_key.delete()
    post(signed_in, conversation, llama)
    assert latest(conversation).api_key == alice_key


def paid_by(client: Client, conversation: Conversation) -> bool:
    return "paid by Alice" in client.get(f"/c/{conversation.pk}/").content.decode()


def test_the_key_that_paid_is_named_where_there_were_others(signed_in, conversation, reply, deliver, alice, alice_key):
    deliver(reply)
    assert not paid_by(signed_in, conversation)
    ApiKeyFactory.create(owner=alice, is_default=False)
    again = send(alice, "again", model=reply.model, conversation=conversation, api_key_id=alice_key.pk).answer.reply
    deliver(again)
    assert paid_by(signed_in, conversation)
    assert "paid by Alice" in signed_in.get(f"/replies/{again.pk}/wait/?state=queued").content.decode()


def test_a_key_of_the_team_that_paid_is_named(signed_in, alice, llama, deliver):
    grant_key(key=ApiKeyFactory.create(owner=None, label="Research"), for_everyone=False, people=[alice])
    turn = send(alice, "hello", model=llama)
    deliver(latest(turn.question.conversation))
    assert "paid by Research" in signed_in.get(f"/c/{turn.question.conversation.pk}/").content.decode()


def test_the_choice_costs_one_query_and_only_where_there_is_one(signed_in, conversation, alice_key, other_key, llama):
    post(signed_in, conversation, llama)
    with CaptureQueriesContext(connection) as without:
        post(signed_in, conversation, llama)
    with CaptureQueriesContext(connection) as with_choice:
        post(signed_in, conversation, llama, api_key=alice_key.pk)
    assert len(with_choice) == len(without) + 1
