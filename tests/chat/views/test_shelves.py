"""The pages of saved prompts and presets, without a script."""

import pytest

from chat.models import LanguageModel, Preset, Prompt
from chat.services import shelves

PROMPTS, PRESETS = "/settings/prompts/", "/settings/presets/"
# Session, person, the list, the side bar's two; presets with their models, and the models to choose from.
QUERIES = {Prompt: 5, Preset: 7}


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def administrator(bob):
    bob.role = "administrator"
    bob.save()
    return bob


def prompt_of(owner, name: str = "Weekly", text: str = "Report on {{topic}}") -> Prompt:
    prompt = Prompt(owner=owner, name=name, text=text)
    shelves.put(thing=prompt)
    return prompt


def test_a_prompt_is_made_changed_moved_and_deleted(signed_in, alice):
    for name in ("Weekly", "Daily"):
        answer = signed_in.post(PROMPTS, {"name": name, "text": "Report on {{topic}}"}, follow=True)
        assert answer.redirect_chain == [(PROMPTS, 302)]
    weekly, daily = Prompt.objects.filter(owner=alice).in_order()
    signed_in.post(f"{PROMPTS}{daily.pk}/", {"name": "Every day", "text": "Else"})
    signed_in.post(f"{PROMPTS}{daily.pk}/moves/", {"direction": "up"})
    assert [str(prompt) for prompt in signed_in.get(PROMPTS).context["own"]] == ["Every day", "Weekly"]
    signed_in.post(f"{PROMPTS}{weekly.pk}/removal/")
    assert [(prompt.name, prompt.text) for prompt in Prompt.objects.all()] == [("Every day", "Else")]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "", "text": "x"}, "This field is required."),
        ({"name": "weekly", "text": "kept text"}, "There is one of this name already."),
        ({"name": "Long", "text": "x" * 20_001}, "at most 20000 characters"),
        ({"name": "Many", "text": "".join(f"{{{{v{n}}}}}" for n in "abcdefghijk")}, "There are 11 variables in it."),
    ],
)
def test_a_mistake_is_explained_and_nothing_is_lost(signed_in, alice, fields, reason):
    prompt = prompt_of(alice)
    other = prompt_of(alice, "Other")
    for address in (PROMPTS, f"{PROMPTS}{other.pk}/"):
        answer = signed_in.post(address, fields)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert reason in page
        assert fields["text"] in page
    assert set(Prompt.objects.values_list("name", flat=True)) == {prompt.name, "Other"}


def test_a_full_shelf_says_so(signed_in, alice, monkeypatch):
    monkeypatch.setattr(Prompt, "MOST_ON_A_SHELF", 1)
    prompt_of(alice)
    answer = signed_in.post(PROMPTS, {"name": "One more", "text": "x"})
    assert (answer.status_code, "There are 1 already" in answer.content.decode()) == (422, True)


def test_a_search_finds_names_and_texts_by_all_of_its_words(signed_in, alice):
    prompt_of(alice), prompt_of(None, "Letter", "Dear {{name}}, about the report"), prompt_of(alice, "Else", "x")
    context = signed_in.get(PROMPTS, {"q": "REPORT"}).context
    assert ([str(p) for p in context["own"]], [str(p) for p in context["teams"]]) == (["Weekly"], ["Letter"])
    assert not signed_in.get(PROMPTS, {"q": "report nonsense"}).context["own"]
    assert "Nothing has these words in it." in signed_in.get(PROMPTS, {"q": "%"}).content.decode()


def test_the_number_of_queries_is_the_same_with_one_and_with_many(signed_in, alice, llama, django_assert_num_queries):
    for kind, fields in ((Prompt, {"text": "x"}), (Preset, {"model": llama})):
        address = f"/settings/{kind._meta.model_name}s/"
        shelves.put(thing=kind(owner=alice, name="first", **fields))
        with django_assert_num_queries(QUERIES[kind]):
            signed_in.get(address)
        for number in range(5):
            shelves.put(thing=kind(owner=alice, name=f"own {number}", **fields))
            shelves.put(thing=kind(owner=None, name=f"team {number}", **fields))
        with django_assert_num_queries(QUERIES[kind]):
            assert "team 4" in signed_in.get(address).content.decode()


def test_members_use_and_copy_the_teams_and_change_nothing_of_it(signed_in, alice):
    team = prompt_of(None, "Team's")
    page = signed_in.get(PROMPTS).content.decode()
    assert "Team&#x27;s" in page
    assert f"{PROMPTS}{team.pk}/moves/" not in page
    for way in ("", "removal/", "moves/"):
        assert signed_in.post(f"{PROMPTS}{team.pk}/{way}", {"name": "Mine now", "text": "x"}).status_code == 404
    assert signed_in.post(PROMPTS, {"name": "For all", "text": "x", "for_team": "on"}).status_code == 302
    answer = signed_in.post(f"{PROMPTS}{team.pk}/copies/")
    own = Prompt.objects.get(owner=alice, name="Team's")
    assert answer["Location"] == f"{PROMPTS}{own.pk}/"
    assert list(Prompt.objects.filter(owner=None)) == [team]


def test_administrators_write_for_the_team_and_promote_their_own(client, administrator, alice):
    client.force_login(administrator)
    client.post(PROMPTS, {"name": "For all", "text": "x", "for_team": "on"})
    own = prompt_of(administrator, "Good one")
    client.post(f"{PROMPTS}{own.pk}/promotion/")
    assert [str(prompt) for prompt in Prompt.objects.filter(owner=None).in_order()] == ["For all", "Good one"]
    again = prompt_of(administrator, "Good one")
    page = client.post(f"{PROMPTS}{again.pk}/promotion/", follow=True).content.decode()
    assert "The team has one of this name already." in page
    assert client.post(f"{PROMPTS}{prompt_of(alice).pk}/promotion/").status_code == 404
    client.force_login(alice)
    assert client.post(f"{PROMPTS}{prompt_of(alice, 'Mine').pk}/promotion/").status_code == 403


def test_what_is_someone_elses_is_like_nothing(signed_in, bob):
    prompt = prompt_of(bob)
    assert signed_in.get(f"{PROMPTS}{prompt.pk}/").status_code == 404
    assert signed_in.get(f"/prompts/{prompt.pk}/").status_code == 404
    assert signed_in.get("/", {"prompt": prompt.pk}).status_code == 404
    assert "Weekly" not in signed_in.get("/prompts/").content.decode()


def test_a_preset_keeps_what_its_form_says(signed_in, alice, llama):
    fields = {"name": "Sober", "model": llama.slug, "instruction": "Be brief.", "temperature": "0", "is_default": "on"}
    signed_in.post(PRESETS, fields)
    preset = Preset.objects.get(owner=alice)
    assert (preset.model, preset.instruction, preset.temperature, preset.is_default) == (llama, "Be brief.", 0, True)
    signed_in.post(f"{PRESETS}{preset.pk}/", {"name": "Any"})
    preset.refresh_from_db()
    assert (preset.model, preset.instruction, preset.temperature, preset.is_default) == (None, "", None, False)


def test_a_preset_whose_model_is_gone_says_so_where_it_is_listed_and_changed(signed_in, alice, llama):
    shelves.put(thing=Preset(owner=alice, name="Old", model=llama))
    LanguageModel.objects.filter(pk=llama.pk).update(enabled=False)
    preset = Preset.objects.get()
    for address in (PRESETS, f"{PRESETS}{preset.pk}/"):
        assert f"{llama.label} is no longer on offer" in signed_in.get(address).content.decode()
