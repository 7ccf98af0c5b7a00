"""What is wrong with a key stands on every page of those who can act on it, until they put it away."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiKey, KeyNotice, User
from accounts.services.key_notices import tell_of_keys
from tests.factories import PASSWORD, ApiKeyFactory
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
WORDS = "The Segmind key “&lt;b&gt;Mine” has 0.5 credits left, which is below 1.00."


@pytest.fixture
def notice(alice: User) -> KeyNotice:
    ApiKeyFactory.create(owner=alice, label="<b>Mine", balance=Decimal("0.5"), balance_known_at=timezone.now())
    tell_of_keys()
    return KeyNotice.objects.get()


def page_of(person: User, path: str = "/") -> str:
    client = Client()
    sign_in(client, person)
    return client.get(path).content.decode()


def test_it_stands_on_the_pages_of_the_owner_alone(alice: User, bob: User, notice: KeyNotice) -> None:
    for path in ("/", "/settings/", "/settings/usage/"):
        assert WORDS in page_of(alice, path)
    assert WORDS not in page_of(bob)


def test_it_is_put_away_by_its_person_alone(alice: User, bob: User, client: Client, notice: KeyNotice) -> None:
    address = f"/settings/notices/{notice.pk}/dismissal/"
    sign_in(client, bob)
    assert client.post(address).status_code == 302
    assert WORDS in page_of(alice)
    sign_in(client, alice)
    answer = client.post(address, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert WORDS not in page_of(alice)
    assert client.get(address).status_code == 405


def test_without_a_script_one_comes_back_to_a_page(alice: User, client: Client, notice: KeyNotice) -> None:
    sign_in(client, alice)
    page = client.post(f"/settings/notices/{notice.pk}/dismissal/", follow=True)
    assert page.status_code == 200
    assert WORDS not in page.content.decode()


def test_administrators_find_it_at_the_door_of_the_admin_panel() -> None:
    root = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    key = ApiKeyFactory.create(owner=None, label="Team", state="refused")
    tell_of_keys()
    page = page_of(root, "/admin/")
    assert "Segmind refuses the key “Team”." in page
    assert f'href="/admin/accounts/apikey/{key.pk}/change/"' in page
    assert f'href="/admin/accounts/apikey/{key.pk}/change/"' in page_of(root)


def test_while_all_is_well_a_page_asks_nothing_for_it(alice: User, client: Client) -> None:
    key = ApiKeyFactory.create(owner=alice, balance=20, balance_known_at=timezone.now())
    sign_in(client, alice)
    client.get("/")

    def asked() -> str:
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return str(queries.captured_queries)

    assert "accounts_keynotice" not in asked()
    ApiKey.objects.filter(pk=key.pk).update(balance=0)
    assert asked().count('FROM "accounts_keynotice"') == 1
