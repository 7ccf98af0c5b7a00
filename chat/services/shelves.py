"""Verbs on what stands on a person's shelf, or the team's: saved prompts and presets."""

from itertools import chain, count

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import User
from accounts.services.audit import Action, record
from chat.models import Preset
from chat.models.shelved import Shelved, ShelvedQuerySet

# Of the 80 characters of a name.
ROOM_FOR_A_NUMBER = 76


class NameTaken(Exception):
    """Another one on this shelf has the name already."""


class ShelfFull(Exception):
    """There are as many on this shelf as may be."""


def put(*, thing: Shelved) -> None:
    """Store a new one, behind all others on its owner's shelf. Raises NameTaken and ShelfFull."""
    others = neighbours(thing)
    if others.count() >= thing.MOST_ON_A_SHELF:
        raise ShelfFull
    thing.position = (others.aggregate(last=Max("position"))["last"] or 0) + 1
    store(thing, Action.SHELF_ADDED)


def change(*, thing: Shelved) -> None:
    """Store what was changed. A new default is the only one on its shelf. Raises NameTaken."""
    if isinstance(thing, Preset):
        thing.gone_model = ""
    store(thing, Action.SHELF_CHANGED)


@transaction.atomic
def remove(*, thing: Shelved) -> None:
    account_for(thing, Action.SHELF_REMOVED)
    thing.delete()


@transaction.atomic
def move(*, thing: Shelved, up: bool) -> None:
    """One place up or down its shelf; at its end nothing happens."""
    shelf = list(neighbours(thing).in_order().select_for_update())
    here = shelf.index(thing)
    there = here - 1 if up else here + 1
    if 0 <= there < len(shelf):
        shelf.insert(there, shelf.pop(here))
    for position, each in enumerate(shelf, start=1):
        each.position = position
    type(thing)._default_manager.bulk_update(shelf, ["position"])


def give_to_team(*, thing: Shelved) -> None:
    """From now on it is the team's, and stands behind the others. Raises NameTaken and ShelfFull."""
    thing.owner = None
    if isinstance(thing, Preset):
        thing.is_default = False
    put(thing=thing)


def copy_for(owner: User, *, thing: Shelved) -> Shelved:
    """One's own copy of it, under its name or, if that is taken, with a number behind it. Raises ShelfFull."""
    own = type(thing)(owner=owner, **{name: getattr(thing, name) for name in thing.CONTENT})
    taken = {each.name.lower() for each in neighbours(own)}
    names = chain([thing.name], (f"{thing.name[:ROOM_FOR_A_NUMBER]} {number}" for number in count(2)))
    own.name = next(name for name in names if name.lower() not in taken)
    put(thing=own)
    return own


def neighbours(thing: Shelved) -> ShelvedQuerySet:
    """All on the same shelf, itself included."""
    return type(thing).objects.filter(owner=thing.owner_id)


def store(thing: Shelved, action: Action) -> None:
    try:
        with transaction.atomic():
            if isinstance(thing, Preset) and thing.is_default:
                neighbours(thing).exclude(pk=thing.pk).filter(is_default=True).update(is_default=False)
            thing.save()
            account_for(thing, action)
    except IntegrityError as error:
        if "_name_once_on_a_shelf" in str(error):
            raise NameTaken from error
        raise


def account_for(thing: Shelved, action: Action) -> None:
    """What administrators do for the team is noted, and what people do for themselves is theirs."""
    if thing.is_teams:
        record(action, thing=thing, after={"name": thing.name})
