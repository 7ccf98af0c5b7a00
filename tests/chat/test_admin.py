"""What administrators see and change of chat: the catalogue, and lost answers; never a conversation."""

from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, User
from chat.models import LanguageModel, Reply
from chat.services.retirement import retire_model
from tests.chat.sending import send
from tests.factories import PASSWORD, ApiKeyFactory

MODELS, UNKNOWN = "/admin/chat/languagemodel/", "/admin/chat/unknownreply/"
SECRET_QUESTION, SECRET_INSTRUCTION = "What shall we name the cat?", "You are a cat."


@pytest.fixture
def administrator(client, db) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    client.force_login(person)
    return person


def lose(alice: User, model: LanguageModel, **changes: object) -> Reply:
    reply = send(alice, SECRET_QUESTION, model=model, instruction=SECRET_INSTRUCTION).answer.reply
    assert reply
    reply.move(to="submitting", submit_started_at=timezone.now())
    reply.move(to="unknown", billed="unknown", raw_answer="It shall be Felix.", **changes)
    return reply


def page(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


# --- The catalogue ------------------------------------------------------------
def test_the_list_names_the_unit_of_the_cost(client, administrator):
    text = page(client, MODELS)
    assert "usd per request" in text.lower()
    assert "0.000027" in text
    assert "E-" not in text


def test_a_retired_model_is_found_and_can_be_offered_again(client, administrator, llama):
    retire_model(slug=llama.slug)
    found = client.get(f"{MODELS}?retired_at__isempty=0").context["cl"].result_list
    assert [model.slug for model in found] == [llama.slug]
    fields = {
        "label": llama.label,
        "description": "",
        "enabled": "on",
        "position": "3",
        "slug": llama.slug,
        "wire_format": "openai",
        "version": "v2",
        "lowest_temperature": "0",
        "highest_temperature": "1.5",
        "context_tokens": "5000",
        "characters_per_token": "2.5",
        "published_cost": "0.0007",
        "published_seconds": "2",
    }
    assert client.post(f"{MODELS}{llama.pk}/change/", fields).status_code == 302
    llama.refresh_from_db()
    assert (llama.enabled, llama.retired_at, llama.version) == (True, None, "v2")
    assert (llama.context_characters, llama.published_cost) == (12_500, Decimal("0.0007"))


def test_models_are_offered_and_withdrawn_in_the_list(client, administrator, llama, haiku):
    retire_model(slug=llama.slug)
    for action, expected in (("offer", [True, True]), ("withdraw", [False, False])):
        client.post(MODELS, {"action": action, "_selected_action": [llama.pk, haiku.pk]})
        models = LanguageModel.objects.filter(pk__in=[llama.pk, haiku.pk])
        assert [model.enabled for model in models] == expected
        assert [model.retired_at for model in models] == [None, None]
    entries = AuditEntry.objects.filter(action="model.changed").order_by("number")
    assert [entry.after["enabled"] for entry in entries] == [True, False, False]


def test_a_budget_of_nothing_is_refused(client, administrator, llama):
    response = client.post(f"{MODELS}{llama.pk}/change/", {"context_tokens": "0", "characters_per_token": "0"})
    errors = response.context["adminform"].form.errors
    assert {"context_tokens", "characters_per_token"} <= set(errors)


def test_changes_of_the_catalogue_are_in_the_audit_log(client, administrator, llama):
    page = f"/admin/chat/languagemodel/{llama.pk}/change/"
    fields = client.get(page).context["adminform"].form.initial
    form = {name: value for name, value in fields.items() if value is not None and value is not False}
    client.post(page, form | {"label": "Another llama", "context_tokens": 7})
    client.post(page, form | {"label": "Another llama", "context_tokens": 7})
    client.post(f"/admin/chat/languagemodel/{llama.pk}/delete/", {"post": "yes"})
    changed, removed = AuditEntry.objects.exclude(action="sign_in").order_by("number")
    assert (changed.action, changed.actor, changed.thing) == (
        "model.changed",
        administrator,
        f"languagemodel {llama.pk}",
    )
    assert changed.before == {
        "label": llama.label,
        "context_tokens": llama.context_tokens,
        "context_characters": llama.context_characters,
    }
    assert changed.after == {"label": "Another llama", "context_tokens": 7, "context_characters": 24}
    assert (removed.action, removed.before["slug"], removed.after) == ("model.removed", llama.slug, {})


# --- Replies whose answer was lost --------------------------------------------
def test_the_list_says_what_is_known(client, administrator, alice, alice_key, llama, haiku):
    lose(alice, llama)
    lose(alice, haiku, request_id="r-17", failure_kind="upstream", cost=Decimal("0.002"))
    send(alice, "on its way", model=llama)
    assert len(client.get(UNKNOWN).context["cl"].result_list) == 2
    text = page(client, UNKNOWN)
    for fact in ("Alice", "Alice&#x27;s", "Claude 3 Haiku", "v2", "r-17", "fault at Segmind", "0.002", "was lost"):
        assert fact in text


def test_no_word_of_the_conversation_is_shown(client, administrator, alice, alice_key, haiku):
    reply = lose(alice, haiku)
    for address in (UNKNOWN, f"{UNKNOWN}{reply.pk}/change/", f"{UNKNOWN}{reply.pk}/history/"):
        text = page(client, address)
        assert str(reply.message.conversation_id) not in text
        for secret in (SECRET_QUESTION, SECRET_INSTRUCTION, "Felix", "name the cat"):
            assert secret not in text


def test_nothing_can_be_changed(client, administrator, alice, alice_key, llama):
    reply = lose(alice, llama)
    assert client.get(f"{UNKNOWN}add/").status_code == 403
    assert client.post(f"{UNKNOWN}{reply.pk}/change/", {"cost": "1"}).status_code == 403
    assert client.post(f"{UNKNOWN}{reply.pk}/delete/", {"post": "yes"}).status_code == 403


def test_other_replies_are_not_to_be_had_there(client, administrator, alice, alice_key, reply):
    response = client.get(f"{UNKNOWN}{reply.pk}/change/")
    assert response.status_code == 302


def test_it_is_for_administrators(client, alice, alice_key, llama):
    lose(alice, llama)
    client.force_login(alice)
    for address in (MODELS, UNKNOWN):
        assert client.get(address, follow=True).status_code == 403


@pytest.mark.parametrize("address", [UNKNOWN, MODELS])
def test_the_number_of_queries_does_not_grow_with_the_list(
    client, administrator, alice, alice_key, llama, haiku, address, django_assert_max_num_queries
):
    lose(alice, llama)
    page(client, address)
    with django_assert_max_num_queries(100) as one:
        page(client, address)
    counted = len(one)
    for model in (llama, haiku, LanguageModel.objects.get(slug="gpt-4o")):
        lose(ApiKeyFactory.create().owner, model)
        LanguageModel.objects.create(slug=f"more-{model.slug}", label="More", wire_format="openai")
    with django_assert_max_num_queries(counted):
        text = page(client, address)
    assert ("GPT-4o" if address == UNKNOWN else "more-gpt-4o") in text
