"""What a new conversation starts with."""

import pytest

from chat.models import LanguageModel, Preferences

ADDRESS = "/settings/chats/"


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def test_the_composer_of_a_new_conversation_starts_with_them(signed_in, alice_key, llama, haiku):
    answer = signed_in.post(ADDRESS, {"model": haiku.slug, "instruction": "Be brief & kind."})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    form = signed_in.get("/").context["form"]
    assert (form["model"].value(), form["instruction"].value()) == (haiku.slug, "Be brief & kind.")
    form = signed_in.get(ADDRESS).context["form"]
    assert (form["model"].value(), form["instruction"].value()) == (haiku.slug, "Be brief & kind.")


def test_without_any_the_first_model_on_offer_is_chosen_by_the_page(signed_in, alice_key, llama):
    form = signed_in.get("/").context["form"]
    assert (form["model"].value(), form["instruction"].value()) == (None, "")


def test_a_model_that_is_no_longer_on_offer_harms_nobody(signed_in, alice, alice_key, llama):
    Preferences.objects.create(owner=alice, model=llama)
    LanguageModel.objects.filter(pk=llama.pk).update(enabled=False)
    assert [signed_in.get(address).status_code for address in ("/", ADDRESS)] == [200, 200]


def test_other_people_and_old_conversations_keep_theirs(client, signed_in, bob, llama, haiku, conversation):
    signed_in.post(ADDRESS, {"model": haiku.slug, "instruction": "Be brief."})
    form = signed_in.get(conversation.get_absolute_url()).context["form"]
    assert (form["model"].value(), form["instruction"].value()) == (llama.slug, "")
    client.force_login(bob)
    assert client.get("/").context["form"]["instruction"].value() == ""


def test_a_mistake_is_explained_and_nothing_is_lost(signed_in, llama):
    answer = signed_in.post(ADDRESS, {"model": "nonsense", "instruction": "x" * 20_001})
    assert answer.status_code == 422
    assert "at most 20000 characters" in answer.content.decode()
    assert "x" * 20_001 in answer.content.decode()
    assert not Preferences.objects.exists()
