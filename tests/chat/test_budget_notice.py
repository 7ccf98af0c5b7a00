"""The line at the message box counts every budget that binds the next message, and nobody else pays for that."""

import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey
from chat.models import Budget
from tests.chat.sending import send
from tests.factories import ApiKeyFactory


@pytest.fixture
def team_key(alice) -> ApiKey:
    return ApiKeyFactory.create(owner=None, label="Team's", for_everyone=True)


def notices(client, conversation) -> list[str]:
    """As the page has it, and as the line asks for itself."""
    addresses = (conversation.get_absolute_url(), f"/budgets/notice/?conversation={conversation.pk}")
    return [client.get(address).content.decode() for address in addresses]


def test_a_budget_of_the_conversation_warns_in_it_alone(client, alice, conversation):
    Budget.objects.create(conversation=conversation, limit=0)
    client.force_login(alice)
    for text in notices(client, conversation):
        assert "100 % of the budget of this conversation is used." in text
        assert f"/budgets/notice/?conversation={conversation.pk}" in text
    for address in ("/", "/budgets/notice/"):
        assert "budget of this conversation" not in client.get(address).content.decode()


def test_a_budget_of_the_key_that_pays_warns_and_that_of_another_does_not(
    client, alice, alice_key, team_key, conversation
):
    Budget.objects.create(api_key=team_key, limit=0)
    Budget.objects.create(api_key=alice_key, limit=Decimal(100))
    client.force_login(alice)
    assert not any("% of the budget" in text for text in notices(client, conversation))
    conversation.api_key = team_key
    conversation.save(update_fields=["api_key"])
    assert all("100 % of the budget of the key Team&#x27;s is used." in text for text in notices(client, conversation))


def test_the_fullest_of_all_is_told(client, alice, alice_key, conversation, llama):
    for scope in ({"owner": alice}, {"api_key": alice_key}, {"conversation": conversation}):
        Budget.objects.create(limit=llama.reservation * (1 if "api_key" in scope else 2), **scope)
    send(alice, "again", model=llama, conversation=conversation)
    client.force_login(alice)
    for text in notices(client, conversation):
        assert "100 % of the budget of the key Alice&#x27;s is used." in text
        assert "of the budget of this conversation" not in text


def test_it_takes_one_query_on_the_page_and_as_many_for_many_budgets(client, alice, alice_key, team_key, conversation):
    client.force_login(alice)
    notices(client, conversation)
    with CaptureQueriesContext(connection) as few:
        notices(client, conversation)
    for scope in ({"owner": alice}, {"api_key": alice_key}, {"conversation": conversation}, {}):
        for window in Budget.Window.values:
            Budget.objects.create(limit=1, window=window, **scope)
    with CaptureQueriesContext(connection) as many:
        notices(client, conversation)
    assert len(many) == len(few)
    assert sum('FROM "chat_budget"' in query["sql"] for query in many) == 2


def test_sending_does_not_ask_for_it(client, alice, conversation, llama):
    Budget.objects.create(conversation=conversation, limit=100)
    client.force_login(alice)
    data = {"client_id": uuid.uuid4(), "text": "again", "model": llama.slug}
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(f"{conversation.get_absolute_url()}messages/", data, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    # The lock, and what is left: those of the ledger.
    assert sum('FROM "chat_budget"' in query["sql"] for query in queries) == 2


def test_anothers_conversation_is_not_there(client, bob, conversation):
    client.force_login(bob)
    assert client.get(f"/budgets/notice/?conversation={conversation.pk}").status_code == 404
    assert client.get("/budgets/notice/?conversation=odd").status_code == 404
