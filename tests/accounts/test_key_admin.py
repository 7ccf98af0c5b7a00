"""The team's keys in the admin: added, granted, checked, paused, replaced, revoked; no value is ever shown."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.services.api_keys import key_for, open_key
from tests.accounts.conftest import FakeSegmind
from tests.factories import PASSWORD, ApiKeyFactory, key_value
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
KEYS = "/admin/accounts/apikey/"
State = ApiKey.State


@pytest.fixture(autouse=True)
def administrator(client: Client) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    sign_in(client, person)
    return person


def fields(**changed: object) -> dict[str, object]:
    return {"label": "Team", "value": "", "rate": 50, "warn_below": "1.5", "granted_people": [], **changed}


@pytest.mark.django_db(transaction=True)
def test_a_key_of_the_team_is_added_checked_and_granted(
    client: Client, alice: User, bob: User, segmind: FakeSegmind
) -> None:
    value = key_value()
    posted = fields(value=value.reveal(), rate=5, granted_people=[alice.pk])
    answer = client.post(f"{KEYS}add/", posted, follow=True)
    key = ApiKey.objects.get()
    assert (key.owner, key.label, key.rate, key.state) == (None, "Team", 5, State.WORKS)
    assert open_key(key) == value
    assert (key_for(alice), key_for(bob)) == (key, None)
    assert "Team: works." in answer.content.decode()
    assert value.reveal() not in answer.content.decode()


def test_a_bad_key_comes_back_without_its_value(client: Client, segmind: FakeSegmind) -> None:
    ApiKeyFactory.create(owner=None, label="First", value=(value := key_value()))
    for posted, sentence in [
        (fields(value=value.reveal()), "Its label is “First”"),
        (fields(value="two words"), "A key has no spaces"),
        (fields(value=""), "This field is required"),
        (fields(label=value.reveal(), value=value.reveal()), "Choose a name for it"),
        (fields(value=key_value().reveal(), rate=0), "greater than or equal to 1"),
    ]:
        page = client.post(f"{KEYS}add/", posted).content.decode()
        assert sentence in page
        assert value.reveal() not in page
        assert "two words" not in page
    assert ApiKey.objects.count() == 1
    assert segmind.requests == []


@pytest.mark.django_db(transaction=True)
def test_a_key_is_changed_without_its_value_and_replaced_with_one(
    client: Client, alice: User, segmind: FakeSegmind
) -> None:
    key = ApiKeyFactory.create(owner=None, value=(old := key_value()), rate=12, rate_learned_at=timezone.now())
    client.post(f"{KEYS}{key.pk}/change/", fields(label="Renamed", rate=12, for_everyone="on"))
    key.refresh_from_db()
    assert (key.label, key.for_everyone, open_key(key), key.rate_learned_at is None) == ("Renamed", True, old, False)
    assert segmind.requests == []
    new = key_value()
    client.post(f"{KEYS}{key.pk}/change/", fields(value=new.reveal()))
    key.refresh_from_db()
    assert (key.label, key.for_everyone, open_key(key), key.state) == ("Team", False, new, State.WORKS)
    assert (key.rate, key.rate_learned_at) == (50, None)


def test_keys_are_paused_resumed_and_checked_from_the_list(client: Client, alice: User, segmind: FakeSegmind) -> None:
    team = ApiKeyFactory.create(owner=None, for_everyone=True)
    own = ApiKeyFactory.create(owner=alice)

    def act(action: str) -> str:
        posted = {"action": action, "_selected_action": [team.pk, own.pk]}
        page = client.post(KEYS, posted, follow=True).content.decode()
        team.refresh_from_db()
        own.refresh_from_db()
        return page

    act("pause")
    assert (team.is_paused, own.is_paused) == (True, False)
    act("resume")
    assert team.is_paused is False
    assert f"{team.label}: works." in act("check_at_segmind")
    assert (team.state, own.state) == (State.WORKS, State.WORKS)
    act("delete_selected")
    client.post(KEYS, {"action": "delete_selected", "_selected_action": [team.pk], "post": "yes"})
    assert list(ApiKey.objects.all()) == [own]


def test_health_is_shown_of_all_and_a_persons_own_key_can_only_be_removed(client: Client, alice: User) -> None:
    value = key_value()
    key = ApiKeyFactory.create(owner=alice, label="Mine", value=value, last_error="Invalid key")
    ApiKeyFactory.create(owner=None, label="Swapped")
    ApiKey.objects.filter(label="Swapped").update(ciphertext=key.ciphertext)
    for address in ["", f"{key.pk}/change/", f"{key.pk}/delete/", f"{key.pk}/history/", "?q=Mine"]:
        answer = client.get(f"{KEYS}{address}")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "Mine" in page
        assert value.reveal() not in page
        assert key.fingerprint not in page
        assert "iphertext" not in page
    assert "Invalid key" in client.get(f"{KEYS}{key.pk}/change/").content.decode()
    assert "enter again" in client.get(KEYS).content.decode()
    assert client.post(f"{KEYS}{key.pk}/change/", fields(label="x")).status_code == 403
    assert client.post(f"{KEYS}{key.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ApiKey.objects.filter(owner=alice).exists()


def test_the_list_costs_the_same_with_one_key_and_with_three(
    client: Client, alice: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    ApiKeyFactory.create(owner=alice, label="Mine")
    with CaptureQueriesContext(connection) as queries:
        client.get(KEYS)
    ApiKeyFactory.create_batch(2, owner=None)
    with django_assert_num_queries(len(queries)):
        page = client.get(KEYS).content.decode()
    assert page.count('class="action-select"') == 3


def test_members_do_not_get_in(client: Client, alice: User) -> None:
    key = ApiKeyFactory.create(owner=None, for_everyone=True)
    sign_in(client, alice)
    for address in (KEYS, f"{KEYS}add/", f"{KEYS}{key.pk}/change/"):
        assert client.get(address).status_code in (302, 403)
    assert client.post(f"/settings/keys/{key.pk}/removal/").status_code == 404
