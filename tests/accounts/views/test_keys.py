from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.services.api_keys import open_key
from tests.accounts.conftest import FakeSegmind
from tests.factories import ApiKeyFactory, key_value
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
VALUE = "SG_0123456789abcdef"


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    sign_in(client, alice)
    return client


def flashes(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_the_list_shows_the_health_of_ones_own_keys(signed_in: Client, alice: User, charlie: User) -> None:
    ApiKeyFactory.create(
        owner=alice, label="Mine", state="works", balance=Decimal("7.25"), balance_known_at=timezone.now()
    )
    ApiKeyFactory.create(owner=alice, label="Old one", state="refused", last_error="Invalid <b>key</b>")
    ApiKeyFactory.create(owner=charlie, label="Charlie's")
    page = signed_in.get("/settings/keys/").content.decode()
    assert ">Mine</h2>" in page
    assert "7.25 credits" in page
    assert 'data-state="refused"' in page
    assert "Invalid &lt;b&gt;key&lt;/b&gt;" in page
    assert "Charlie" not in page


def test_the_newest_key_stands_first(signed_in: Client, alice: User) -> None:
    labels = [ApiKeyFactory.create(owner=alice, label=f"Key no {number}").label for number in range(8)]
    page = signed_in.get("/settings/keys/").content.decode()
    assert sorted(labels, key=lambda label: page.index(f">{label}</h2>")) == labels[::-1]


def test_an_empty_list_says_so(signed_in: Client) -> None:
    assert "There is no key yet" in signed_in.get("/settings/keys/").content.decode()


def test_the_list_costs_the_same_with_one_key_and_with_three(
    signed_in: Client, alice: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    ApiKeyFactory.create(owner=alice)
    with CaptureQueriesContext(connection) as queries:
        signed_in.get("/settings/keys/")
    ApiKeyFactory.create_batch(2, owner=alice)
    with django_assert_num_queries(len(queries)):
        page = signed_in.get("/settings/keys/").content.decode()
    assert page.count('/removal/" hx-post') == 3


def test_a_saved_key_is_sealed_checked_and_told(signed_in: Client, alice: User, segmind: FakeSegmind) -> None:
    answer = signed_in.post("/settings/keys/", {"label": "Mine", "value": f" {VALUE}\n"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/keys/")
    key = alice.api_keys.get()
    assert open_key(key).reveal() == VALUE
    assert (key.label, key.state, key.balance) == ("Mine", "works", Decimal("7.75"))
    assert flashes(answer) == ["“Mine” works."]


def test_htmx_gets_the_list_itself(signed_in: Client, segmind: FakeSegmind) -> None:
    answer = signed_in.post("/settings/keys/", {"label": "Mine", "value": VALUE}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.strip().startswith("<section")
    assert 'id="keys"' in page
    assert ">Mine</h2>" in page
    assert "<html" not in page
    assert "HX-Request" in answer["Vary"]


def test_a_key_of_an_odd_shape_is_saved_with_a_warning(signed_in: Client, alice: User, segmind: FakeSegmind) -> None:
    answer = signed_in.post("/settings/keys/", {"label": "Old", "value": "an-older-key"})
    assert open_key(alice.api_keys.get()).reveal() == "an-older-key"
    assert "does not look like a Segmind key" in flashes(answer)[0]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"label": "", "value": VALUE}, "label"),
        ({"label": "x" * 101, "value": VALUE}, "label"),
        ({"label": VALUE, "value": "something-else"}, "label"),
        ({"label": "something-else", "value": "something-else"}, "label"),
        ({"label": f"{VALUE} {'x' * 100}", "value": VALUE}, "label"),
        ({"label": "Mine", "value": ""}, "value"),
        ({"label": "Mine", "value": f"{VALUE} {VALUE}"}, "value"),
        ({"label": "Mine", "value": f"{VALUE}\r\nx-other: 1"}, "value"),
        ({"label": "Mine", "value": f"{VALUE}é"}, "value"),
        ({"label": "Mine", "value": VALUE * 20}, "value"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_bad_form_comes_back_with_the_label_and_without_the_key(
    signed_in: Client, segmind: FakeSegmind, fields: dict[str, str], wrong: str, headers: dict[str, str]
) -> None:
    answer = signed_in.post("/settings/keys/", fields, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {wrong}
    assert f'id="id_{wrong}_error"' in page
    assert VALUE not in page
    assert "something-else" not in page
    assert page.partition("<command-palette")[0].count(" autofocus") == 1
    assert 'id="key-form"' in page
    assert page.strip().startswith("<form") == bool(headers)
    if fields["label"] == "Mine":
        assert 'value="Mine"' in page
    assert not ApiKey.objects.exists()
    assert segmind.requests == []


def test_a_key_one_has_already_is_named(signed_in: Client, alice: User, segmind: FakeSegmind) -> None:
    value = key_value()
    ApiKeyFactory.create(owner=alice, label="Mine", value=value)
    answer = signed_in.post("/settings/keys/", {"label": "Again", "value": value.reveal()})
    assert answer.status_code == 422
    assert "Its label is “Mine”" in answer.content.decode()
    assert alice.api_keys.count() == 1


def test_a_check_asks_segmind_once(signed_in: Client, alice: User, segmind: FakeSegmind) -> None:
    key = ApiKeyFactory.create(owner=alice, label="Mine")
    segmind.status, segmind.body = 401, {"error": "Invalid API key"}
    answer = signed_in.post(f"/settings/keys/{key.pk}/checks/")
    assert (answer.status_code, answer["Location"]) == (302, "/settings/keys/")
    key.refresh_from_db()
    assert key.state == "refused"
    assert len(segmind.requests) == 1
    assert flashes(answer)[0].startswith("“Mine” was refused.")
    segmind.status, segmind.body = 200, {"credits": 3, "free-credits": 0}
    page = signed_in.post(f"/settings/keys/{key.pk}/checks/", headers=HTMX).content.decode()
    assert 'data-state="works"' in page
    assert "3.00 credits" in page


def test_a_removed_key_is_gone_from_list_and_database(signed_in: Client, alice: User) -> None:
    key, other = ApiKeyFactory.create(owner=alice, label="Mine"), ApiKeyFactory.create(owner=alice, label="Other")
    page = signed_in.post(f"/settings/keys/{key.pk}/removal/", headers=HTMX).content.decode()
    assert ">Other</h2>" in page
    assert ">Mine</h2>" not in page
    assert list(ApiKey.objects.all()) == [other]
    assert signed_in.post(f"/settings/keys/{key.pk}/removal/").status_code == 404


@pytest.mark.parametrize("verb", ["checks", "removal"])
def test_somebody_elses_key_is_not_there(
    client: Client, alice: User, charlie: User, verb: str, segmind: FakeSegmind
) -> None:
    key = ApiKeyFactory.create(owner=alice)
    sign_in(client, charlie)
    assert client.post(f"/settings/keys/{key.pk}/{verb}/").status_code == 404
    assert ApiKey.objects.filter(pk=key.pk).exists()
    assert segmind.requests == []


@pytest.mark.parametrize("verb", ["checks", "removal"])
def test_looking_changes_nothing(signed_in: Client, alice: User, verb: str) -> None:
    key = ApiKeyFactory.create(owner=alice)
    assert signed_in.get(f"/settings/keys/{key.pk}/{verb}/").status_code == 405
    assert signed_in.put("/settings/keys/").status_code == 405
