"""Models in the administrators' hands: for whom, which is the default, at what price, and whether they answer."""

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, Group, User
from chat.models import LanguageModel, Message
from chat.services import catalogue
from chat.services.replies import NotOffered, try_again
from tests.chat.sending import send
from tests.factories import PASSWORD

MODELS = "/admin/chat/languagemodel/"


@pytest.fixture
def administrator(client, db) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    client.force_login(person)
    return person


@pytest.fixture
def restricted(haiku: LanguageModel, bob: User) -> LanguageModel:
    """For Bob's group alone."""
    group = Group.objects.create(name="Research")
    group.members.add(bob)
    haiku.groups.add(group)
    return haiku


def fields(**changed: object) -> dict[str, object]:
    return {"client_id": uuid.uuid4(), "text": "hello", "model": "claude-3-haiku", "temperature": "0.7", **changed}


def test_restricted_model_is_offered_to_its_group_and_refused_to_others(client, restricted, alice, alice_key, bob):
    assert restricted in LanguageModel.objects.on_offer_to(bob)
    assert restricted not in LanguageModel.objects.on_offer_to(alice)
    client.force_login(alice)
    answer = client.post(reverse("messages", args=[uuid.uuid4()]), fields(), headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "no longer on offer" in answer.content.decode()
    assert not Message.objects.exists()


def test_restricted_model_is_not_tried_again_with(restricted, alice, alice_key, bob):
    reply = send(alice, "hello", model=restricted).answer.reply
    reply.move(to="failed", failure_kind="upstream")
    with pytest.raises(NotOffered):
        try_again(reply=reply)


def test_temperature_has_to_be_one_that_the_model_takes(client, haiku, alice, alice_key):
    LanguageModel.objects.filter(pk=haiku.pk).update(has_temperature=True, highest_temperature=0.5)
    client.force_login(alice)
    address = reverse("messages", args=[uuid.uuid4()])
    answer = client.post(address, fields(), headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "takes a temperature from 0.0 to 0.5" in answer.content.decode()
    assert client.post(address, fields(temperature="0.5"), headers={"HX-Request": "true"}).status_code == 200


def test_price_of_an_administrator_goes_before_the_published_one(haiku):
    haiku.reading_price, haiku.writing_price = Decimal("0.002"), Decimal("0.004")
    assert haiku.usual_cost == Decimal("0.004")
    assert haiku.base_cost == Decimal("0.002")
    assert haiku.reservation == Decimal("0.016")
    haiku.reading_price, haiku.writing_price, haiku.call_price = None, None, Decimal("0.01")
    assert (haiku.usual_cost, haiku.base_cost, haiku.cost_per_character) == (Decimal("0.01"), Decimal("0.01"), 0)


def test_default_model_is_what_new_chats_begin_with(client, administrator, llama, haiku):
    client.post(MODELS, {"action": "make_default", "_selected_action": [haiku.pk]})
    client.post(MODELS, {"action": "make_default", "_selected_action": [llama.pk]})
    assert list(LanguageModel.objects.filter(is_default=True)) == [llama]
    assert AuditEntry.objects.filter(action="model.changed").count() == 2
    assert client.get("/").context["form"]["model"].value() == llama.slug


def test_models_are_checked_after_it_was_said_what_it_costs(client, administrator, alice_key, llama, monkeypatch):
    monkeypatch.setattr(catalogue, "ask", never)
    alice_key.owner = None
    alice_key.save()
    page = client.get(f"{MODELS}check/?models={llama.pk}").content.decode()
    assert "it is billed to the key" in page
    answer = client.post(f"{MODELS}check/", {"models": [llama.pk], "api_key": alice_key.pk})
    assert [(model, result.works) for model, result in answer.context["results"]] == [(llama, False)]
    assert client.post(f"{MODELS}check/", {"models": [llama.pk]}).status_code == 422


async def never(model, value):
    """Nobody is there."""
    raise catalogue.NotAccepted(kind="unreachable")


def test_a_change_of_the_groups_is_in_the_audit_log_with_before_and_after(client, administrator, restricted):
    address = f"/admin/chat/languagemodel/{restricted.pk}/change/"
    theirs, ours = Group.objects.get(), Group.objects.create(name="Ours")
    form = client.get(address).context["adminform"].form
    posted = {name: value for name, value in form.initial.items() if value is not None and value is not False}
    answer = client.post(address, {**posted, "groups": [theirs.pk, ours.pk]})
    assert answer.status_code == 302, answer.context["errors"]
    entry = AuditEntry.objects.get(action="model.changed")
    assert (entry.actor, entry.thing) == (administrator, f"languagemodel {restricted.pk}")
    assert (entry.before, entry.after) == ({"groups": [theirs.name]}, {"groups": sorted([theirs.name, "Ours"])})
    client.post(address, {**posted, "groups": [theirs.pk, ours.pk], "label": "Another"})
    assert AuditEntry.objects.filter(action="model.changed").count() == 2
