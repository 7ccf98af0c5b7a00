"""What a new conversation starts with: a preset, a saved prompt."""

import json
import uuid

import pytest

from chat.models import LanguageModel, Preset, Prompt
from chat.services import shelves

HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client, alice, alice_key):
    client.force_login(alice)
    return client


def preset_of(owner, name: str = "Mine", **fields) -> Preset:
    preset = Preset(owner=owner, name=name, **fields)
    shelves.put(thing=preset)
    return preset


def prompt_of(owner, text: str) -> Prompt:
    prompt = Prompt(owner=owner, name="Weekly", text=text)
    shelves.put(thing=prompt)
    return prompt


def started_with(response) -> tuple[object, ...]:
    form = response.context["form"]
    return tuple(form[name].value() for name in ("model", "instruction", "temperature"))


def test_without_a_preset_the_first_model_on_offer_is_chosen_by_the_page(signed_in):
    assert started_with(signed_in.get("/")) == (None, "", 0.7)


def test_the_default_one_is_what_all_new_ones_start_with(signed_in, alice, haiku):
    preset_of(alice, model=haiku, instruction="Be brief & kind.", temperature=0.2, is_default=True)
    response = signed_in.get("/")
    assert started_with(response) == (haiku.slug, "Be brief & kind.", 0.2)
    assert 'aria-current="true">Mine</a>' in response.content.decode()


def test_a_link_starts_one_with_another(signed_in, alice, bob, llama, haiku):
    preset_of(alice, model=haiku, is_default=True)
    teams = preset_of(None, "Team's", model=llama, instruction="Be ours.")
    assert started_with(signed_in.get("/", {"preset": teams.pk})) == (llama.slug, "Be ours.", 0.7)
    for nobodys in (preset_of(bob).pk, uuid.uuid4(), "x"):
        assert signed_in.get("/", {"preset": nobodys}).status_code == 404


def test_old_conversations_keep_theirs(signed_in, alice, llama, haiku, conversation):
    preset_of(alice, model=haiku, instruction="Be brief.", is_default=True)
    assert started_with(signed_in.get(conversation.get_absolute_url())) == (llama.slug, "", 0.7)


def test_a_model_that_is_no_longer_on_offer_is_named_and_the_next_takes_its_place(signed_in, alice, llama, haiku):
    preset_of(alice, model=llama, instruction="Be brief.", is_default=True)
    LanguageModel.objects.filter(pk=llama.pk).update(enabled=False)
    response = signed_in.get("/")
    page = response.content.decode()
    assert started_with(response) == (None, "Be brief.", 0.7)
    assert f"{llama.label} is not on offer any more; " in page
    assert f'value="{llama.slug}"' not in page


def test_a_prompt_stands_in_the_box_with_its_values(signed_in, alice):
    plain, asking = prompt_of(None, "Hello & goodbye"), prompt_of(alice, "On {{topic}}, {{tone=kindly}}: {{topic}}")
    assert (plain.use_url, asking.use_url) == (f"/?prompt={plain.pk}", f"/prompts/{asking.pk}/")
    assert ">Hello &amp; goodbye</textarea>" in signed_in.get(plain.use_url).content.decode()
    page = signed_in.get("/", {"prompt": asking.pk, "value-0": "<cats>"}).content.decode()
    assert ">On &lt;cats&gt;, kindly: &lt;cats&gt;</textarea>" in page
    assert ">On {{topic}}, kindly: {{topic}}</textarea>" in signed_in.get("/", {"prompt": asking.pk}).content.decode()


def test_the_variables_are_asked_for_in_a_page_and_in_a_fragment(signed_in, alice):
    prompt = prompt_of(alice, "On {{topic}}, {{tone=kindly}}")
    for headers in ({}, HTMX):
        response = signed_in.get(prompt.use_url, headers=headers)
        form = response.context["form"]
        assert [(field.label, field.value(), field.field.required) for field in form] == [
            ("topic", "", True),
            ("tone", "kindly", False),
        ]
        assert json.loads(response.context["parts"]) == ["On ", 0, ", ", 1]
        assert ("<html" in response.content.decode()) is (not headers)
        assert "HX-Request" in response["Vary"]


def test_the_list_at_a_slash_has_ones_own_and_the_teams_in_one_query(signed_in, alice, bob, django_assert_num_queries):
    prompt_of(alice, "Own"), prompt_of(None, "Team's"), prompt_of(bob, "Bob's <b>")
    with django_assert_num_queries(3):
        page = signed_in.get("/prompts/").content.decode()
    assert page.count('role="option"') == 2
    assert "Bob" not in page
