"""What people do to the ways in which they sign in is in the audit log."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.socialaccount.signals import social_account_removed
from django.core import mail
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client

from accounts.models import AuditEntry, User
from accounts.services.audit import alias_of
from accounts.services.people import equip_person
from tests.factories import PASSWORD, PersonFactory
from tests.signing_in import sign_in as sign_in_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget_attempts() -> None:
    cache.clear()


@pytest.fixture
def broken_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(AuditEntry, "save", fail)


def sign_in(client: Client, email: str = "alice@example.com", password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def newest(count: int) -> list[tuple[object, ...]]:
    """So many, from the oldest of them: action, who, whom, old, new."""
    fields = ("action", "actor_id", "subject_id", "before", "after")
    return list(AuditEntry.objects.order_by("-number").values_list(*fields)[:count])[::-1]


def code_of(secret: str, *, later: int = 0) -> str:
    code: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))
    return code


# --- Second factors -----------------------------------------------------------
def test_an_app_is_set_up_and_turned_off(client: Client, alice: User) -> None:
    sign_in_at_once(client, alice)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert newest(2) == [
        ("factor.added", alice.pk, alice.pk, {}, {"type": "totp"}),
        ("recovery_codes.made", alice.pk, alice.pk, {}, {}),
    ]
    client.post("/accounts/2fa/totp/deactivate/")
    assert newest(2) == [
        ("factor.removed", alice.pk, alice.pk, {"type": "totp"}, {}),
        ("factor.removed", alice.pk, alice.pk, {"type": "recovery_codes"}, {}),
    ]


def test_a_factor_that_cannot_be_recorded_is_not_added(
    client: Client, alice: User, request: pytest.FixtureRequest
) -> None:
    sign_in_at_once(client, alice)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    request.getfixturevalue("broken_audit")
    client.raise_request_exception = False
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}).status_code == 500
    assert not Authenticator.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_factor_whose_removal_cannot_be_recorded_stays(
    client: Client, alice: User, request: pytest.FixtureRequest
) -> None:
    TOTP.activate(alice, generate_totp_secret())
    sign_in_at_once(client, alice)
    request.getfixturevalue("broken_audit")
    client.raise_request_exception = False
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 500
    assert Authenticator.objects.exists()


def test_a_wrong_code_and_a_recovery_code(client: Client, alice: User) -> None:
    equip_person(person=alice)
    TOTP.activate(alice, generate_totp_secret())
    codes = RecoveryCodes.activate(alice).get_unused_codes()
    sign_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert newest(1) == [("factor.failed", None, alice.pk, {}, {"type": "totp"})]
    client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert newest(2) == [
        ("recovery_code.used", alice.pk, alice.pk, {}, {}),
        ("sign_in", alice.pk, alice.pk, {}, {"methods": ["password", "recovery_codes"]}),
    ]
    assert codes[0] not in str(list(AuditEntry.objects.values()))


def test_new_recovery_codes(client: Client, alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    RecoveryCodes.activate(alice)
    sign_in_at_once(client, alice)
    client.post("/accounts/2fa/recovery-codes/generate/")
    assert newest(1) == [("recovery_codes.made", alice.pk, alice.pk, {}, {})]


def test_an_administrator_removes_the_factor_of_somebody_who_lost_it(client: Client, alice: User) -> None:
    ada = PersonFactory.create(role=User.Role.ADMINISTRATOR)
    TOTP.activate(alice, generate_totp_secret())
    factor = Authenticator.objects.get()
    sign_in_at_once(client, ada)
    client.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.exists()
    assert newest(1) == [("factor.removed", ada.pk, alice.pk, {"type": "totp"}, {})]
    TOTP.activate(alice, generate_totp_secret())
    chosen = {"action": "delete_selected", "_selected_action": [Authenticator.objects.get().pk], "post": "yes"}
    client.post("/admin/mfa/authenticator/", chosen)
    assert not Authenticator.objects.exists()
    assert newest(1) == [("factor.removed", ada.pk, alice.pk, {"type": "totp"}, {})]


def test_a_factor_that_goes_with_its_account_is_no_news(alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    before = AuditEntry.objects.count()
    alice.delete()
    assert AuditEntry.objects.count() == before


# --- Who they are, asked again ------------------------------------------------
def test_confirming_who_one_is(client: Client, alice: User) -> None:
    sign_in_at_once(client, alice, minutes_ago=60)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert newest(1) == [("sign_in.again", alice.pk, alice.pk, {}, {"methods": ["password"]})]


def test_confirming_it_by_a_code(client: Client, alice: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    sign_in_at_once(client, alice, minutes_ago=60)
    client.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret)})
    assert newest(1) == [("sign_in.again", alice.pk, alice.pk, {}, {"methods": ["totp"]})]


# --- Too many failures --------------------------------------------------------
def test_refused_sign_ins_are_recorded_once_however_often_somebody_tries(client: Client, alice: User) -> None:
    for _attempt in range(8):
        sign_in(client, password="wrong")
    assert [action for action, *_ in newest(9)] == ["sign_in.failed"] * 5 + ["sign_in.throttled"]
    assert newest(1) == [("sign_in.throttled", None, alice.pk, {}, {})]
    for _attempt in range(8):
        sign_in(client, "nobody@example.com", "wrong")
    assert newest(1) == [("sign_in.throttled", None, None, {}, {"typed": alias_of("nobody@example.com")})]


# --- Sessions -----------------------------------------------------------------
def test_signing_out_everywhere_else(alice: User) -> None:
    equip_person(person=alice)
    here, elsewhere = Client(), Client()
    sign_in(elsewhere)
    sign_in(here)
    here.post("/accounts/sessions/")
    assert newest(1) == [("session.ended", alice.pk, alice.pk, {}, {"sessions": 1})]
    here.post("/accounts/sessions/")
    assert AuditEntry.objects.filter(action="session.ended").count() == 1


def test_a_session_that_cannot_be_recorded_does_not_end(alice: User, request: pytest.FixtureRequest) -> None:
    equip_person(person=alice)
    here, elsewhere = Client(raise_request_exception=False), Client()
    sign_in(elsewhere)
    sign_in(here)
    request.getfixturevalue("broken_audit")
    assert here.post("/accounts/sessions/").status_code == 500
    assert elsewhere.get("/settings/").status_code == 200


# --- Addresses ----------------------------------------------------------------
def test_a_new_address_and_another_one_that_is_taken_back(client: Client, alice: User) -> None:
    equip_person(person=alice)
    sign_in_at_once(client, alice)
    client.post("/accounts/email/", {"action_add": "", "email": "wish@example.com"})
    client.post("/accounts/email/", {"action_remove": "", "email": "wish@example.com"})
    assert newest(2) == [
        ("email.added", alice.pk, alice.pk, {}, {}),
        ("email.removed", alice.pk, alice.pk, {}, {}),
    ]
    client.post("/accounts/email/", {"action_add": "", "email": "new@example.com"})
    (link,) = (line for line in str(mail.outbox[-1].body).splitlines() if "/confirm-email/" in line)
    client.post(link[link.index("/accounts/") :].strip())
    assert EmailAddress.objects.get().email == "new@example.com"
    assert newest(3) == [
        ("email.added", alice.pk, alice.pk, {}, {}),
        ("email.verified", alice.pk, alice.pk, {}, {}),
        ("email.changed", alice.pk, alice.pk, {}, {}),
    ]
    assert "example.com" not in str(list(AuditEntry.objects.values()))


# --- Outside accounts: connecting is shown in tests/test_openid_connect.py ----
def test_an_outside_account_is_disconnected(alice: User) -> None:
    account = SimpleNamespace(user=alice, provider="oidc")
    social_account_removed.send(sender=SimpleNamespace, request=None, socialaccount=account)
    assert newest(1) == [("identity.disconnected", None, alice.pk, {"provider": "oidc"}, {})]
