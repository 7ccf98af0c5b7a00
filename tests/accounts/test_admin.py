import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.services.api_keys import key_for
from tests.factories import PASSWORD
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    sign_in(client, person)
    return person


def test_the_admin_has_no_sign_in_of_its_own(client: Client, alice: User) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1] == ("/accounts/login/?next=%2Fadmin%2F", 302)
    sign_in(client, alice)
    assert client.get("/admin/", follow=True).status_code == 403


def test_a_new_account_comes_with_what_belongs_to_it(client: Client, administrator: User, settings: Settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:8010"
    fields = {"email": "Ada@Example.com", "name": "Ada", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/admin/accounts/user/add/", fields).status_code == 302
    person = User.objects.get(name="Ada")
    assert person.email == "ada@example.com"
    assert person.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=person).email == "ada@example.com"
    assert key_for(person) is not None


def test_an_address_in_use_is_refused_in_any_case(client: Client, administrator: User, alice: User) -> None:
    fields = {"email": "ALICE@example.com", "name": "Other", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/admin/accounts/user/add/", fields)
    assert answer.status_code == 200
    assert "There is an account with this email address already" in answer.content.decode()


def test_a_person_can_be_found_disabled_and_keeps_their_address(
    client: Client, administrator: User, alice: User
) -> None:
    assert "alice@example.com" in client.get("/admin/accounts/user/?q=alice").content.decode()
    page = client.get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()
    assert alice.password not in page
    fields = {"email": "other@example.com", "name": "Alice"}
    assert client.post(f"/admin/accounts/user/{alice.pk}/change/", fields).status_code == 302
    alice.refresh_from_db()
    assert (alice.email, alice.is_active) == ("alice@example.com", False)


def test_a_second_factor_can_be_removed_and_its_secret_not_be_seen(client: Client, administrator: User) -> None:
    app = Authenticator.objects.create(user=administrator, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    for path in ("", f"{app.pk}/change/", f"{app.pk}/delete/"):
        answer = client.get(f"/admin/mfa/authenticator/{path}")
        assert answer.status_code == 200
        assert "JBSWY3DPEHPK3PXP" not in answer.content.decode()
    client.post(f"/admin/mfa/authenticator/{app.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.exists()
    assert client.get("/admin/usersessions/usersession/").status_code == 404
