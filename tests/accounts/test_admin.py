import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
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


def test_a_second_factor_can_be_removed_and_its_secret_not_be_seen(client: Client, administrator: User) -> None:
    app = Authenticator.objects.create(user=administrator, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    for path in ("", f"{app.pk}/change/", f"{app.pk}/delete/"):
        answer = client.get(f"/admin/mfa/authenticator/{path}")
        assert answer.status_code == 200
        assert "JBSWY3DPEHPK3PXP" not in answer.content.decode()
    client.post(f"/admin/mfa/authenticator/{app.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.exists()
    assert client.get("/admin/usersessions/usersession/").status_code == 404


def test_an_auditor_cannot_try_an_administrators_password_there(client, alice, bob):
    User.objects.filter(pk=alice.pk).update(role="administrator")
    User.objects.filter(pk=bob.pk).update(role="auditor")
    client.force_login(bob)
    client.post("/admin/login/", {"username": alice.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(bob.pk)
