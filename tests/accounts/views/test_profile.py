import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_the_page_shows_oneself_and_the_ways_on(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get("/settings/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="Alice"' in page
    assert "alice@example.com" in page
    for address in ["/settings/keys/", "/settings/security/"]:
        assert f'href="{address}"' in page
    assert 'action="/accounts/logout/"' in page


def test_a_name_can_be_changed_and_nothing_else(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post("/settings/", {"name": "Alice B.", "email": "other@example.com", "is_staff": "on"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    alice.refresh_from_db()
    assert (alice.name, alice.email, alice.is_staff) == ("Alice B.", "alice@example.com", False)


def test_an_empty_name_is_refused_beside_the_box(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post("/settings/", {"name": " "})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    alice.refresh_from_db()
    assert alice.name == "Alice"


def test_other_methods_are_refused(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.delete("/settings/").status_code == 405
