"""Whose key pays: the conversation's choice, the person's default, others of their own, the team's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import ApiKey, User
from accounts.services.api_keys import grant_key, key_for, keys_for
from tests.factories import ApiKeyFactory

pytestmark = pytest.mark.django_db
State = ApiKey.State
NOW = timezone.now()


def key(owner: User | None, label: str, *, age: int = 0, **fields: Any) -> ApiKey:
    return ApiKeyFactory.create(owner=owner, label=label, created_at=NOW - timedelta(hours=age), **fields)


def test_the_conversations_choice_then_the_default_then_the_newest_own_then_the_teams(alice: User) -> None:
    choice = key(alice, "chosen", age=4)
    default = key(alice, "default", age=3, is_default=True)
    older, newest = key(alice, "older", age=2), key(alice, "newest", age=1)
    team = key(None, "team", for_everyone=True)
    assert [found.label for found in keys_for(alice)] == ["default", "newest", "older", "chosen", "team"]
    assert key_for(alice, chosen=choice.pk) == choice
    for turn in (default, newest, older, choice, team):
        assert key_for(alice) == turn
        turn.delete()
    assert key_for(alice) is None


def test_a_key_of_the_team_pays_for_those_it_is_granted_to(alice: User, bob: User, charlie: User) -> None:
    for_all, for_two, for_none = (key(None, label) for label in ("for all", "for two", "for none"))
    grant_key(key=for_all, for_everyone=True, people=[])
    grant_key(key=for_two, for_everyone=False, people=[alice, bob])
    assert set(keys_for(alice)) == set(keys_for(bob)) == {for_all, for_two}
    assert keys_for(charlie) == [for_all]
    grant_key(key=for_two, for_everyone=False, people=[bob])
    grant_key(key=for_all, for_everyone=False, people=[])
    assert (keys_for(alice), keys_for(bob), keys_for(charlie)) == ([], [for_two], [])
    assert key_for(bob, chosen=for_none.pk) == for_two


def test_nobody_elses_key_ever_pays(alice: User, bob: User) -> None:
    other = key(bob, "Bob's", is_default=True)
    key(None, "ungranted")
    assert key_for(alice) is None
    assert key_for(alice, chosen=other.pk) is None
    assert key_for(alice, chosen=uuid4()) is None


def test_a_choice_that_is_gone_is_none(alice: User) -> None:
    own = key(alice, "own")
    assert key_for(alice, chosen=uuid4()) == own


def test_the_next_one_does_not_pay_unless_the_settings_allow_it(alice: User, settings: Settings) -> None:
    choice = key(alice, "chosen", age=1, state=State.REFUSED)
    default = key(alice, "default", state=State.REFUSED, is_default=True)
    team = key(None, "team", for_everyone=True)
    assert key_for(alice, chosen=choice.pk) is None
    assert key_for(alice) is None
    settings.KEY_FALLBACK = True
    assert key_for(alice, chosen=choice.pk) == team
    assert key_for(alice) == team
    ApiKey.objects.filter(pk=default.pk).update(state=State.EXHAUSTED)
    assert key_for(alice) == team
    team.delete()
    assert key_for(alice) == default


def test_of_a_kind_those_that_work_come_first(alice: User) -> None:
    for age, state in enumerate([State.REFUSED, State.EXHAUSTED, State.UNCHECKED, State.WORKS]):
        key(alice, state, age=age, state=state)
    assert [found.label for found in keys_for(alice)] == [
        State.UNCHECKED,
        State.WORKS,
        State.EXHAUSTED,
        State.REFUSED,
    ]


def test_an_exhausted_key_stays_usable(alice: User) -> None:
    only = key(alice, "only", state=State.EXHAUSTED)
    assert key_for(alice) == only


def test_a_paused_key_pays_for_nothing_new(alice: User) -> None:
    paused = key(None, "paused", for_everyone=True, is_paused=True)
    assert key_for(alice) is None
    assert key_for(alice, chosen=paused.pk) is None
    other = key(None, "other", for_everyone=True, age=1)
    assert key_for(alice) == other


def test_the_decision_is_one_query(alice: User, bob: User, django_assert_num_queries: Callable[..., Any]) -> None:
    choice = key(alice, "chosen")
    for owner in (alice, alice, bob, None, None):
        key(owner, "one of many", for_everyone=owner is None)
    with django_assert_num_queries(1):
        found = key_for(alice, chosen=choice.pk)
    assert found == choice
    assert found.get_deferred_fields() == {"ciphertext", "fingerprint"}
    with django_assert_num_queries(1):
        assert len(keys_for(alice)) == 5
