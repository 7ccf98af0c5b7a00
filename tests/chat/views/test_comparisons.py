"""Asking several models from the page."""

import re
import uuid

import pytest
from django.urls import reverse

from chat.models import Conversation, LanguageModel, Message, Reply
from tests.chat.branching import complete

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ask(client, alice, alice_key):
    client.force_login(alice)
    new_id = uuid.uuid4()

    def post(headers=HTMX, **changes):
        fields = {"client_id": uuid.uuid4(), "text": "hello", "model": "llama-v3-8b-instruct"} | changes
        return client.post(reverse("messages", args=[new_id]), fields, headers=headers)

    return post


def test_each_answer_stands_in_a_column_of_its_own(ask):
    page = ask(also=["claude-3-haiku", "claude-3.5-sonnet"]).content.decode()
    assert page.count('data-state="queued"') == 3
    assert page.count("Go on with this one") == 3
    assert page.count("<reply-wait") == 3
    assert 'name="undecided"' in page


def test_the_page_shows_the_same_again(client, ask, django_assert_num_queries):
    ask(also=["claude-3-haiku"])
    address = Conversation.objects.get().get_absolute_url()
    with django_assert_num_queries(19):
        page = client.get(address).content.decode()
    assert page.count("Go on with this one") == 2


def test_the_model_in_the_box_alone_is_no_comparison(ask):
    assert "Go on with this one" not in ask(also=["llama-v3-8b-instruct"]).content.decode()
    assert Reply.objects.count() == 1


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_more_than_four_or_unknown_ones_are_refused_and_the_text_kept(ask, headers):
    models = ["claude-3-haiku", "claude-3.5-sonnet", "llama-v3p1-70b-instruct"]
    for also, reason in ((["no-such"], "no longer on offer"), (too_many(models), "Up to four models")):
        response = ask(headers=headers, also=also)
        assert response.status_code == 422
        assert reason in response.content.decode()
        assert "hello" in response.content.decode()
    assert not Message.objects.exists()


def too_many(models: list[str]) -> list[str]:
    LanguageModel.objects.filter(slug="gpt-4").update(enabled=True)
    return [*models, "gpt-4"]


def test_another_text_from_the_same_box_keeps_all_the_models_chosen(ask):
    also = {"also": ["claude-3-haiku", "claude-3.5-sonnet"], "client_id": uuid.uuid4()}
    ask(**also)
    response = ask(text="something else", **also)
    assert response.status_code == 409
    assert ">something else</textarea>" in response.content.decode()
    chosen = re.findall(r'name="also" value="([^"]*)" checked', response.content.decode())
    assert chosen == ["claude-3-haiku", "claude-3.5-sonnet"]


def test_without_htmx_it_leads_to_the_conversation(ask):
    response = ask(headers={}, also=["claude-3-haiku"])
    assert response["Location"] == Conversation.objects.get().get_absolute_url()


def test_sending_on_undecided_puts_the_chosen_answer_in_the_place_of_all(ask):
    ask(also=["claude-3-haiku"])
    other = Message.objects.get(model__slug="claude-3-haiku")
    complete(other, "Here I am.")
    page = ask(text="and then?", undecided="yes").content.decode()
    assert 'hx-swap-oob="delete:#comparison"' in page
    assert "Here I am." in page
    assert "2 of 2" in page
    assert Message.objects.get(text="and then?").parent == other


def test_an_ordinary_sending_asks_nothing_more_than_before(ask, django_assert_max_num_queries):
    ask()
    with django_assert_max_num_queries(16):
        ask(text="and then?")
