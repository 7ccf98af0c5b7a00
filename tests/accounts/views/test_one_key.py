"""One's own key: described, replaced, made the default; and the team's keys below."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.services.api_keys import key_for, open_key
from tests.accounts.conftest import FakeSegmind
from tests.factories import ApiKeyFactory, key_value
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def signed_in(client: Client, alice: User) -> None:
    sign_in(client, alice)


@pytest.fixture
def key(alice: User) -> ApiKey:
    return ApiKeyFactory.create(owner=alice, label="Mine", rate=12, rate_learned_at=timezone.now())


def fields(**changed: str) -> dict[str, str]:
    return {"label": "Mine", "value": "", "rate": "12", "warn_below": "1", **changed}


def test_the_form_shows_what_is_known_and_that_the_rate_was_learned(client: Client, key: ApiKey) -> None:
    page = client.get(f"/settings/keys/{key.pk}/").content.decode()
    assert 'value="Mine"' in page
    assert 'value="12"' in page
    assert "since Segmind refused a faster pace" in page
    assert "since Segmind refused a faster pace" in client.get("/settings/keys/").content.decode()


def test_label_rate_and_warning_are_saved_and_segmind_is_not_asked(
    client: Client, key: ApiKey, segmind: FakeSegmind
) -> None:
    answer = client.post(f"/settings/keys/{key.pk}/", fields(label="Ours", rate="5", warn_below=""))
    key.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, "/settings/keys/")
    assert (key.label, key.rate, key.rate_learned_at, key.warn_below) == ("Ours", 5, None, None)
    assert segmind.requests == []


def test_a_new_value_is_sealed_in_the_same_row_and_checked(client: Client, key: ApiKey, segmind: FakeSegmind) -> None:
    value = key_value()
    client.post(f"/settings/keys/{key.pk}/", fields(value=value.reveal()))
    key.refresh_from_db()
    assert (open_key(key), key.state, key.balance) == (value, "works", Decimal("7.75"))
    assert segmind.requests[0].headers["x-api-key"] == value.reveal()


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"label": ""}, "label"),
        ({"label": "SG_0123456789abcdef"}, "label"),
        ({"rate": "0"}, "rate"),
        ({"rate": "40000"}, "rate"),
        ({"rate": "fast"}, "rate"),
        ({"warn_below": "-1"}, "warn_below"),
        ({"value": "two words"}, "value"),
    ],
)
def test_a_bad_form_comes_back_and_changes_nothing(
    client: Client, key: ApiKey, changed: dict[str, str], wrong: str
) -> None:
    answer = client.post(f"/settings/keys/{key.pk}/", fields(**changed))
    page = answer.content.decode()
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {wrong})
    assert f'id="id_{wrong}_error"' in page
    assert page.partition("<command-palette")[0].count(" autofocus") == 1
    assert "two words" not in page
    again = ApiKey.objects.get(pk=key.pk)
    assert (again.label, again.rate, bytes(again.ciphertext)) == ("Mine", 12, bytes(key.ciphertext))


def test_a_value_one_has_in_another_row_is_named(client: Client, alice: User, key: ApiKey) -> None:
    ApiKeyFactory.create(owner=alice, label="Other", value=(value := key_value()))
    answer = client.post(f"/settings/keys/{key.pk}/", fields(value=value.reveal()))
    assert answer.status_code == 422
    assert "Its label is “Other”" in answer.content.decode()


def test_the_default_is_chosen_among_several(client: Client, alice: User, key: ApiKey) -> None:
    assert "Make default" not in client.get("/settings/keys/").content.decode()
    other = ApiKeyFactory.create(owner=alice, created_at=timezone.now() - timedelta(days=1))
    assert key_for(alice) == key
    page = client.post(f"/settings/keys/{other.pk}/default/", headers=HTMX).content.decode()
    assert key_for(alice) == other
    assert page.count("Make default") == 1
    assert "pays by default from now on" in page
    assert client.post(f"/settings/keys/{key.pk}/default/")["Location"] == "/settings/keys/"


def test_a_new_key_may_become_the_default(client: Client, alice: User, key: ApiKey, segmind: FakeSegmind) -> None:
    added = {"label": "New", "value": key_value().reveal(), "rate": "5", "is_default": "on"}
    client.post("/settings/keys/", added)
    new = ApiKey.objects.get(label="New")
    assert (new.is_default, new.rate) == (True, 5)


def test_a_key_that_does_not_open_is_to_be_entered_again(client: Client, alice: User, key: ApiKey) -> None:
    other = ApiKeyFactory.create(owner=alice)
    ApiKey.objects.filter(pk=key.pk).update(ciphertext=other.ciphertext)
    page = client.get("/settings/keys/").content.decode()
    assert page.count('data-state="enter-again"') == 1
    assert f'<a href="/settings/keys/{key.pk}/">Enter it again</a>' in page


def test_a_low_balance_is_told_on_the_pages(client: Client, key: ApiKey) -> None:
    ApiKey.objects.filter(pk=key.pk).update(balance=Decimal("0.5"), balance_known_at=timezone.now())
    page = client.get("/settings/keys/").content.decode()
    assert "Fewer than 1.00 credits are left" in page
    assert "Few credits left" in page
    ApiKey.objects.filter(pk=key.pk).update(warn_below=None)
    page = client.get("/settings/keys/").content.decode()
    assert "Fewer than" not in page
    assert "Few credits left" not in page


def test_keys_of_the_team_are_shown_to_those_they_are_granted_to(client: Client, alice: User) -> None:
    ApiKeyFactory.create(owner=None, label="For all", for_everyone=True, is_paused=True)
    ApiKeyFactory.create(owner=None, label="For others")
    page = client.get("/settings/keys/").content.decode()
    assert "For all" in page
    assert "paused" in page
    assert "For others" not in page
    assert "your team pays" in page


def test_a_stranger_finds_nothing(client: Client, key: ApiKey, charlie: User) -> None:
    sign_in(client, charlie)
    assert client.get(f"/settings/keys/{key.pk}/").status_code == 404
    assert client.post(f"/settings/keys/{key.pk}/", fields()).status_code == 404
    assert client.post(f"/settings/keys/{key.pk}/default/").status_code == 404
    assert client.get(f"/settings/keys/{key.pk}/default/").status_code == 405
