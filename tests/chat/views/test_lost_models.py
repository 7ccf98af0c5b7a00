"""Where the model that a box would begin with is not on offer to the person, the box says so and what it took."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Group, User
from chat.models import LanguageModel, Preset
from chat.services import shelves
from tests.chat.sending import send
from tests.factories import PASSWORD
from tests.signing_in import sign_in


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def gemini(db) -> LanguageModel:
    """One that nothing was ever asked of."""
    model: LanguageModel = LanguageModel.objects.create(
        slug="gemini", label="Gemini <b>", wire_format="openai", enabled=True, position=200
    )
    return model


def restrict(model: LanguageModel) -> None:
    model.groups.add(Group.objects.create(name="Others"))


def disable(model: LanguageModel) -> None:
    LanguageModel.objects.filter(pk=model.pk).update(enabled=False)


def sentence(lost: str, instead: str) -> str:
    return f"{lost} is not on offer any more; {instead} is chosen instead."


def first_on_offer() -> str:
    return LanguageModel.objects.on_offer()[0].label


@pytest.mark.parametrize("take_away", [restrict, disable])
def test_of_a_conversation(signed_in, alice, conversation, llama, haiku, take_away):
    address = conversation.get_absolute_url()
    assert "is not on offer any more" not in signed_in.get(address).content.decode()
    take_away(llama)
    page = signed_in.get(address).content.decode()
    assert sentence(llama.label, first_on_offer()) in page
    assert 'aria-describedby="lost-model"' in page
    # Whoever sends has seen it, and goes on with the model that was sent with.
    data = {"client_id": uuid.uuid4(), "text": "again", "model": haiku.slug}
    sent = signed_in.post(f"{address}messages/", data, headers={"HX-Request": "true"})
    for answer in (sent, signed_in.get(address)):
        assert "is not on offer any more" not in answer.content.decode()


@pytest.mark.parametrize("take_away", [restrict, disable])
def test_of_a_preset(signed_in, alice, haiku, gemini, take_away):
    preset = Preset.objects.create(owner=alice, name="Mine", model=gemini, is_default=True)
    LanguageModel.objects.filter(pk=haiku.pk).update(is_default=True)
    take_away(gemini)
    for address in ("/", preset.use_url):
        page = signed_in.get(address).content.decode()
        assert sentence("Gemini &lt;b&gt;", haiku.label) in page
        assert page.count("is not on offer any more") == 1


def test_of_a_preset_whose_model_was_removed_until_it_is_changed(client, alice, gemini):
    preset = Preset.objects.create(owner=alice, name="Mine", model=gemini, is_default=True)
    sign_in(client, User.objects.create_superuser("root@example.com", PASSWORD, name="Root"))
    client.post(f"/admin/chat/languagemodel/{gemini.pk}/delete/", {"post": "yes"})
    assert not LanguageModel.objects.filter(pk=gemini.pk).exists()
    client.force_login(alice)
    assert sentence("Gemini &lt;b&gt;", first_on_offer()) in client.get("/").content.decode()
    assert "Gemini &lt;b&gt; is no longer on offer" in client.get(reverse("presets")).content.decode()
    shelves.change(thing=Preset.objects.get(pk=preset.pk))
    assert "on offer any more" not in client.get("/").content.decode()


@pytest.mark.parametrize("take_away", [restrict, disable])
def test_of_the_default(signed_in, gemini, take_away):
    LanguageModel.objects.filter(pk=gemini.pk).update(is_default=True)
    take_away(gemini)
    assert sentence("Gemini &lt;b&gt;", first_on_offer()) in signed_in.get("/").content.decode()


def test_sending_does_not_look_for_it(signed_in, alice, alice_key, conversation, llama, gemini):
    restrict(gemini)
    LanguageModel.objects.filter(pk=gemini.pk).update(is_default=True)
    send(alice, "again", model=llama, conversation=conversation)
    data = {"client_id": uuid.uuid4(), "text": "again", "model": llama.slug}
    address = f"{conversation.get_absolute_url()}messages/"
    looks = 'WHERE "chat_languagemodel"."is_default"'
    with CaptureQueriesContext(connection) as queries:
        assert signed_in.post(address, data, headers={"HX-Request": "true"}).status_code == 200
    assert not any(looks in query["sql"] for query in queries)
    with CaptureQueriesContext(connection) as queries:
        signed_in.get("/")
    assert sum(looks in query["sql"] for query in queries) == 1
