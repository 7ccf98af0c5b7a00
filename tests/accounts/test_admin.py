import pytest
from django.test import Client

from accounts.models import ApiKey, User
from tests.factories import PASSWORD, ApiKeyFactory, key_value

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    client.force_login(person)
    return person


def test_the_admin_has_no_sign_in_of_its_own(client: Client, alice: User) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1] == ("/accounts/login/?next=%2Fadmin%2F", 302)
    client.force_login(alice)
    assert client.get("/admin/", follow=True).status_code == 403


def test_keys_are_shown_without_a_secret_and_can_only_be_removed(
    client: Client, administrator: User, alice: User
) -> None:
    value = key_value()
    key = ApiKeyFactory.create(owner=alice, label="Mine", value=value)
    for address in ["", f"{key.pk}/change/", f"{key.pk}/delete/", f"{key.pk}/history/", "?q=Mine"]:
        answer = client.get(f"/admin/accounts/apikey/{address}")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "Mine" in page
        assert value.reveal() not in page
        assert key.fingerprint not in page
        assert "iphertext" not in page
    assert client.get("/admin/accounts/apikey/add/").status_code == 403
    assert client.post(f"/admin/accounts/apikey/{key.pk}/change/", {"label": "x"}).status_code == 403
    assert client.post(f"/admin/accounts/apikey/{key.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ApiKey.objects.exists()
