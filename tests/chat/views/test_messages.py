"""Sending from the page, with htmx and without."""

import uuid
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from chat.delivery.history import JOINT
from chat.models import Budget, Conversation, LanguageModel, Message

HTMX = {"HX-Request": "true"}


@pytest.fixture
def new_id():
    return uuid.uuid4()


def fields(**changes: object) -> dict[str, object]:
    return {"client_id": uuid.uuid4(), "text": "hello", "model": "llama-v3-8b-instruct"} | changes


def test_the_first_message_makes_the_conversation(client, alice, alice_key, new_id):
    client.force_login(alice)
    response = client.post(reverse("messages", args=[new_id]), fields(), headers=HTMX)

    assert response.status_code == 200
    assert response["HX-Push-Url"] == f"/c/{new_id}/"
    page = response.content.decode()
    assert "hello" in page
    assert 'data-state="queued"' in page
    assert 'name="client_id"' in page
    assert Conversation.objects.get().title == "hello"


def test_without_htmx_it_leads_to_the_conversation(client, alice, alice_key, new_id):
    client.force_login(alice)
    response = client.post(reverse("messages", args=[new_id]), fields())
    assert (response.status_code, response["Location"]) == (302, f"/c/{new_id}/")


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_an_empty_message_is_refused_next_to_the_box(client, alice, alice_key, new_id, headers):
    client.force_login(alice)
    response = client.post(reverse("messages", args=[new_id]), fields(text="  "), headers=headers)
    assert response.status_code == 422
    assert "Write something first." in response.content.decode()
    assert not Message.objects.exists()


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_without_a_key_the_text_is_kept_and_the_way_on_is_shown(client, alice, new_id, headers):
    client.force_login(alice)
    response = client.post(reverse("messages", args=[new_id]), fields(text="my long thought"), headers=headers)
    page = response.content.decode()
    assert response.status_code == 422
    assert "my long thought" in page
    assert reverse("keys") in page


def test_a_model_that_is_not_on_offer_is_refused_and_the_text_kept(client, alice, alice_key, new_id):
    client.force_login(alice)
    response = client.post(reverse("messages", args=[new_id]), fields(model="gpt-4"), headers=HTMX)
    assert response.status_code == 422
    assert "hello" in response.content.decode()


@pytest.mark.parametrize("model", ["", "a\0b", "\ud800", "x" * 100_000, "llama-v3-8b-instruct\0"])
def test_no_model_is_found_by_a_name_that_none_can_have(client, alice, alice_key, new_id, model):
    client.force_login(alice)
    form = urlencode(fields(model=model), errors="surrogatepass")
    response = client.post(
        reverse("messages", args=[new_id]), form, content_type="application/x-www-form-urlencoded", headers=HTMX
    )
    assert response.status_code == 422
    assert response.content.decode().count("<option") == len(LanguageModel.objects.on_offer())


def test_the_choices_of_the_page_stay_unless_something_in_them_is_marked(client, alice, alice_key, new_id):
    client.force_login(alice)

    def answer_to(**changes: object):
        return client.post(reverse("messages", args=[new_id]), fields(**changes), headers=HTMX).content.decode()

    sent = answer_to()
    assert 'id="composer-choices" hx-preserve' in sent
    assert '<div id="estimate" hx-preserve>' in sent
    assert f'name="history" id="history" form="composer" value="{len("hello" + JOINT)}"' in sent
    assert "<option" not in sent
    refused = answer_to(model="gpt-4")
    assert '<input type="hidden" name="renew" value="choices">' in refused
    assert refused.count("<option") == len(LanguageModel.objects.on_offer())
    renewed = answer_to(renew="choices")
    assert renewed.count("<option") == len(LanguageModel.objects.on_offer())
    assert 'name="renew"' not in renewed


def test_the_same_form_twice_answers_twice_and_sends_once(client, alice, alice_key, new_id):
    client.force_login(alice)
    form = fields()
    answers = [client.post(reverse("messages", args=[new_id]), form, headers=HTMX) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Message.objects.count() == 2


def test_the_same_form_with_another_text_is_a_conflict_that_keeps_it(client, alice, alice_key, new_id):
    client.force_login(alice)
    form = fields()
    client.post(reverse("messages", args=[new_id]), form)
    response = client.post(reverse("messages", args=[new_id]), form | {"text": "another"}, headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 409
    assert "another" in page
    assert str(form["client_id"]) not in page
    assert Message.objects.filter(role="user").count() == 1


def test_nobody_writes_in_someone_elses_conversation(client, conversation, charlie):
    client.force_login(charlie)
    response = client.post(reverse("messages", args=[conversation.pk]), fields())
    assert response.status_code == 404
    assert conversation.messages.count() == 2


def test_signed_out_nothing_is_sent(client, alice, new_id):
    response = client.post(reverse("messages", args=[new_id]), fields(), headers=HTMX)
    assert response["HX-Redirect"].startswith("/accounts/login/")
    assert not Message.objects.exists()


def test_reading_is_not_sending(client, alice, new_id):
    client.force_login(alice)
    assert client.get(reverse("messages", args=[new_id])).status_code == 405


def test_sending_costs_the_same_number_of_queries_late_as_early(
    client, alice, alice_key, new_id, django_assert_num_queries
):
    client.force_login(alice)
    client.post(reverse("messages", args=[new_id]), fields(), headers=HTMX)
    for _ in range(3):
        # Session, person, conversation, models; messages, keys, budgets and reply between savepoints.
        with django_assert_num_queries(10):
            client.post(reverse("messages", args=[new_id]), fields(), headers=HTMX)


def test_the_top_bar_comes_where_the_page_has_another_one(client, alice, alice_key, new_id):
    client.force_login(alice)

    def top_bars(page: str) -> int:
        headers = {**HTMX, "HX-Current-URL": f"http://testserver{page}"}
        response = client.post(reverse("messages", args=[new_id]), fields(), headers=headers)
        return str(response.content).count('id="topbar"')

    own = reverse("conversation", args=[new_id])
    assert [top_bars("/"), top_bars("/"), top_bars(own), top_bars(f"{own}?message=1")] == [1, 1, 0, 0]
    Conversation.objects.update(archived_at=timezone.now())
    assert [top_bars(own), top_bars(own)] == [1, 0]


def test_beyond_a_budget_the_message_is_kept_and_the_reason_stands_below_it(client, alice, alice_key, llama, new_id):
    budget = Budget.objects.create(owner=None, limit=llama.reservation)
    client.force_login(alice)
    client.post(reverse("messages", args=[new_id]), fields())
    page = client.post(reverse("messages", args=[new_id]), fields(text="and this?"), headers=HTMX).content.decode()
    assert 'data-kind="budget"' in page
    assert Message.objects.filter(text="and this?").exists()
    assert Budget.objects.with_amounts().get(pk=budget.pk).reserved == llama.reservation
