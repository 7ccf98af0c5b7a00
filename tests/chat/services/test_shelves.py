"""What stands on a shelf: under a name that is there once, in order, and never more than there may be."""

import pytest

from accounts.models import AuditEntry
from chat.models import Preset, Prompt
from chat.models.preset import default_among
from chat.services import shelves
from chat.services.shelves import NameTaken, ShelfFull


def put(owner, name: str, **fields) -> Prompt:
    prompt = Prompt(owner=owner, name=name, text=fields.pop("text", "Text"), **fields)
    shelves.put(thing=prompt)
    return prompt


def names(owner) -> list[str]:
    return list(Prompt.objects.filter(owner=owner).in_order().values_list("name", flat=True))


def test_new_ones_stand_behind_and_can_be_moved(alice):
    first, _, last = (put(alice, name) for name in ("One", "Two", "Three"))
    shelves.move(thing=last, up=True)
    assert names(alice) == ["One", "Three", "Two"]
    shelves.move(thing=first, up=True)
    assert names(alice) == ["One", "Three", "Two"]
    shelves.move(thing=first, up=False)
    assert names(alice) == ["Three", "One", "Two"]


def test_a_name_is_there_once_on_a_shelf_in_whatever_case(alice, bob):
    one, _, _ = put(alice, "Weekly"), put(bob, "weekly"), put(None, "WEEKLY")
    with pytest.raises(NameTaken):
        put(alice, "weekly")
    with pytest.raises(NameTaken):
        put(None, "weekly")
    other = put(alice, "Daily")
    other.name = "WEEKLY"
    with pytest.raises(NameTaken):
        shelves.change(thing=other)
    one.name = "WEEKLY"
    shelves.change(thing=one)
    assert names(alice) == ["WEEKLY", "Daily"]


def test_a_full_shelf_takes_no_more(alice, bob, monkeypatch):
    monkeypatch.setattr(Prompt, "MOST_ON_A_SHELF", 2)
    for name in ("One", "Two"):
        put(alice, name)
    with pytest.raises(ShelfFull):
        put(alice, "Three")
    put(bob, "One")
    with pytest.raises(ShelfFull):
        shelves.copy_for(alice, thing=Prompt.objects.get(owner=bob))


def test_one_sees_ones_own_before_the_teams_and_nobody_elses(alice, bob):
    put(None, "Team's"), put(bob, "Bob's"), put(alice, "Own")
    assert [prompt.name for prompt in Prompt.objects.visible_to(alice).in_order()] == ["Own", "Team's"]


def test_the_teams_are_changed_by_administrators_only(alice, bob):
    bob.role = "administrator"
    put(None, "Team's"), put(bob, "Bob's"), put(alice, "Own")
    assert [prompt.name for prompt in Prompt.objects.editable_by(alice)] == ["Own"]
    assert {prompt.name for prompt in Prompt.objects.editable_by(bob)} == {"Bob's", "Team's"}


def test_a_copy_is_ones_own_with_a_number_where_the_name_is_taken(alice, llama):
    team = Preset(name="Strict", model=llama, instruction="Be strict.", temperature=0.1, is_default=True)
    shelves.put(thing=team)
    copies = [shelves.copy_for(alice, thing=team) for _ in range(3)]
    assert [copy.name for copy in copies] == ["Strict", "Strict 2", "Strict 3"]
    content = {(copy.model, copy.instruction, copy.temperature, copy.is_default) for copy in copies}
    assert content == {(llama, "Be strict.", 0.1, False)}


def test_given_to_the_team_it_is_no_longer_ones_own(alice):
    prompt = put(alice, "Weekly")
    shelves.give_to_team(thing=prompt)
    assert (names(alice), names(None)) == ([], ["Weekly"])
    with pytest.raises(NameTaken):
        shelves.give_to_team(thing=put(alice, "weekly"))
    assert names(alice) == ["weekly"]


def test_there_is_one_default_on_a_shelf_and_ones_own_wins_over_the_teams(alice, bob):
    for owner in (None, alice):
        for name in ("First", "Second"):
            shelves.put(thing=Preset(owner=owner, name=name, is_default=True))
    own, teams = (Preset.objects.get(owner=owner, is_default=True) for owner in (alice, None))
    assert (own.name, teams.name) == ("Second", "Second")
    assert default_among(list(Preset.objects.visible_to(alice))) == own
    assert default_among(list(Preset.objects.visible_to(bob))) == teams
    own.is_default = False
    shelves.change(thing=own)
    assert default_among(list(Preset.objects.visible_to(alice))) == teams


def test_what_is_done_for_the_team_is_noted_and_what_is_ones_own_is_not(alice):
    own = put(alice, "Own")
    own.name = "Other"
    shelves.change(thing=own)
    shelves.remove(thing=put(alice, "Gone"))
    assert not AuditEntry.objects.filter(action__startswith="shelf.").exists()
    shelves.give_to_team(thing=own)
    own.name = "Another"
    shelves.change(thing=own)
    shelves.remove(thing=own)
    entries = AuditEntry.objects.filter(action__startswith="shelf.").order_by("number")
    told = [(entry.action, entry.after["name"]) for entry in entries]
    assert told == [("shelf.added", "Other"), ("shelf.changed", "Another"), ("shelf.removed", "Another")]
