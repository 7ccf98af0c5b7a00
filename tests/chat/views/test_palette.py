"""What the palette offers, and the page of the keys."""

import html

import pytest
from django.utils import timezone

from chat.models import Conversation
from chat.palette import MOST_CONVERSATIONS
from chat.shortcuts import SHORTCUTS


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def offered(client, query):
    groups = client.get(f"/palette/?{query}").context["groups"]
    return {group.name: [option.label for option in group.options] for group in groups}


def talk(owner, title, **fields):
    return Conversation.objects.create(owner=owner, title=title, updated_at=timezone.now(), **fields)


def test_it_finds_by_all_words_in_any_case(signed_in, alice, bob):
    found = talk(alice, "Names for a GREY cat")
    talk(alice, "Names for a dog")
    talk(alice, "100% grey cat names", trashed_at=timezone.now())
    talk(bob, "Names for his grey cat")
    assert offered(signed_in, "q=grey+names") == {"Conversations": ["Names for a GREY cat"]}
    assert found.get_absolute_url() in signed_in.get("/palette/?q=grey").content.decode()
    assert offered(signed_in, "q=%25") == {}
    assert "Nothing has that in its name." in signed_in.get("/palette/?q=%25").content.decode()


def test_it_offers_models_only_where_one_can_be_chosen(signed_in, llama, haiku):
    assert offered(signed_in, "composer=on&q=llama+8b") == {"Models": [llama.label]}
    assert offered(signed_in, "q=llama+8b") == {}


def test_actions_are_those_of_the_person(signed_in, alice, bob, client):
    assert offered(signed_in, "q=theme") == {"Actions": ["Theme: light", "Theme: dark", "Theme: as the system"]}
    assert offered(signed_in, "q=admin") == {}
    bob.role = "administrator"
    bob.save()
    client.force_login(bob)
    assert offered(client, "q=admin") == {"Actions": ["Admin"]}


def test_its_size_and_its_queries_stay_the_same(signed_in, alice, llama, django_assert_num_queries):
    talk(alice, "only one")
    with django_assert_num_queries(4):
        assert len(offered(signed_in, "composer=on")["Conversations"]) == 1
    for number in range(50):
        talk(alice, f"talk {number}")
    with django_assert_num_queries(4):
        assert len(offered(signed_in, "composer=on")["Conversations"]) == MOST_CONVERSATIONS


def test_the_page_lists_the_keys_that_do_something(signed_in, alice):
    def listed():
        page = html.unescape(signed_in.get("/shortcuts/", headers={"HX-Request": "true"}).content.decode())
        return [shortcut for shortcut in SHORTCUTS if f"<td>{shortcut.meaning}</td>" in page]

    assert listed() == list(SHORTCUTS)
    assert "data-single-keys" in signed_in.get("/shortcuts/").content.decode()

    assert signed_in.post("/settings/shortcuts/")["Location"] == "/shortcuts/"
    assert listed() == [shortcut for shortcut in SHORTCUTS if not shortcut.is_single]
    assert "data-single-keys" not in signed_in.get("/shortcuts/").content.decode()

    signed_in.post("/settings/shortcuts/", {"single_key_shortcuts": "on"})
    assert "data-single-keys" in signed_in.get("/").content.decode()
