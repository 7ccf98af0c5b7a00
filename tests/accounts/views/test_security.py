import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.services.people import equip_person
from tests.factories import PASSWORD
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


def test_the_overview_leads_to_everything(client: Client, alice: User) -> None:
    sign_in(client, alice)
    page = client.get("/settings/security/").content.decode()
    for address in ["email/", "password/change/", "2fa/webauthn/add/", "2fa/totp/activate/", "sessions/"]:
        assert f'href="/accounts/{address}"' in page
    assert "recovery-codes" not in page
    assert client.get("/accounts/2fa/")["Location"] == "/settings/security/"


def test_the_overview_says_what_is_set_up_and_nothing_of_anybody_else(
    client: Client, alice: User, charlie: User
) -> None:
    for person in (alice, charlie):
        Authenticator.objects.create(user=person, type="totp", data={"secret": "x"})
    RecoveryCodes.activate(alice).validate_code(RecoveryCodes.activate(alice).generate_codes()[0])
    sign_in(client, alice)
    page = client.get("/settings/security/").content.decode()
    assert "On: after the password you are asked for its code." in page
    assert "9 codes are left" in page


def test_the_picture_is_the_secret_of_the_form_and_is_kept_by_nobody(client: Client, alice: User) -> None:
    sign_in(client, alice)
    client.get("/accounts/2fa/totp/activate/")
    first = client.get("/settings/security/authenticator.svg")
    assert first["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert first.content == client.get("/settings/security/authenticator.svg").content
    client.get("/accounts/2fa/totp/activate/")
    assert first.content != client.get("/settings/security/authenticator.svg").content


def test_somebody_else_s_passkey_is_as_if_it_were_not_there(client: Client, alice: User, charlie: User) -> None:
    passkey = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Laptop", "credential": {}})
    sign_in(client, charlie)
    for verb in ("edit", "remove"):
        assert client.get(f"/accounts/2fa/webauthn/keys/{passkey.pk}/{verb}/").status_code == 404
        assert client.post(f"/accounts/2fa/webauthn/keys/{passkey.pk}/{verb}/").status_code == 404
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_sessions_are_one_s_own_and_the_others_end(alice: User, charlie: User) -> None:
    clients = [Client(headers={"User-Agent": f"Firefox/{number} (Linux)"}) for number in range(3)]
    equip_person(person=alice)
    equip_person(person=charlie)
    for person, client in zip((alice, alice, charlie), clients, strict=True):
        client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    here, elsewhere, stranger = clients
    page = here.get("/accounts/sessions/").content.decode()
    assert page.count("<h2>Firefox, Linux") == 2
    assert here.post("/accounts/sessions/").status_code == 302
    assert elsewhere.get("/settings/").status_code == 302
    assert [client.get("/settings/").status_code for client in (here, stranger)] == [200, 200]
    assert UserSession.objects.count() == 2


def test_a_new_address_is_used_only_once_its_link_was_opened(client: Client, alice: User) -> None:
    equip_person(person=alice)
    sign_in(client, alice)
    client.post("/accounts/email/", {"action_add": "", "email": "New@example.com"})
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    (message,) = mail.outbox
    assert message.to == ["new@example.com"]
    link = next(line for line in str(message.body).splitlines() if "/confirm-email/" in line)
    assert client.post(link[link.index("/accounts/") :].strip()).status_code == 302
    alice.refresh_from_db()
    assert alice.email == "new@example.com"
    assert [note.to for note in mail.outbox[1:]] == [["alice@example.com"]]
    addresses = EmailAddress.objects.values_list("email", "primary", "verified")
    assert list(addresses) == [("new@example.com", True, True)]


def test_the_address_of_another_account_is_not_told_apart(client: Client, alice: User, bob: User) -> None:
    for person in (alice, bob):
        equip_person(person=person)
    sign_in(client, alice)
    answers = [
        client.post("/accounts/email/", {"action_add": "", "email": email}, follow=True)
        for email in ("nobody@example.com", "bob@example.com")
    ]
    pages = [answer.content.decode().replace("nobody@", "bob@") for answer in answers]
    csrf_free = ["\n".join(line for line in page.splitlines() if "csrf" not in line.lower()) for page in pages]
    assert csrf_free[0] == csrf_free[1]
    bob.refresh_from_db()
    assert bob.email == "bob@example.com"
