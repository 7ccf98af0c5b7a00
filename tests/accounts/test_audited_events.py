"""What people do is in the audit log, with who and from where."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client

from accounts.models import ApiKey, AuditEntry, User
from accounts.services import api_keys
from accounts.services.audit import alias_of, current_request
from accounts.services.audit_chain import verify_chain
from tests.accounts.conftest import FakeSegmind
from tests.factories import PASSWORD, ApiKeyFactory, key_value
from tests.signing_in import sign_in as sign_in_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget_attempts() -> None:
    """allauth counts attempts in the cache, across tests."""
    cache.clear()


@pytest.fixture
def broken_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(AuditEntry, "save", fail)


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def entries() -> list[tuple[object, ...]]:
    """From the first to the last: action, who, whom, old, new."""
    fields = ("action", "actor_id", "subject_id", "before", "after")
    return list(AuditEntry.objects.order_by("number").values_list(*fields))


def test_a_sign_in_and_a_sign_out(client: Client, alice: User) -> None:
    sign_in(client, "alice@example.com")
    client.post("/accounts/logout/")
    assert entries() == [
        ("sign_in", alice.pk, alice.pk, {}, {"methods": ["password"]}),
        ("sign_out", alice.pk, alice.pk, {}, {}),
    ]
    assert set(AuditEntry.objects.values_list("address", flat=True)) == {"127.0.0.1"}
    assert current_request.get() is None
    assert verify_chain().number == 2


def test_a_failed_sign_in_names_the_account_but_never_what_was_typed(client: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="second@example.com", verified=True)
    for typed in ["Alice@example.com", "second@example.com", "nobody@example.com"]:
        sign_in(client, typed, "wrong")
    assert entries() == [
        ("sign_in.failed", None, alice.pk, {}, {}),
        ("sign_in.failed", None, alice.pk, {}, {}),
        ("sign_in.failed", None, None, {}, {"typed": alias_of("nobody@example.com")}),
    ]


def test_a_disabled_person_who_knows_the_password_is_told_from_one_who_does_not(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    sign_in(client, "alice@example.com", "wrong")
    assert entries() == [("sign_in.failed", None, alice.pk, {}, {})]
    sign_in(client, "alice@example.com")
    assert entries()[2:] == [("sign_in.failed", None, alice.pk, {}, {"reason": "disabled"})]


def test_a_sign_in_that_cannot_be_recorded_does_not_happen(
    client: Client, alice: User, broken_audit: None, caplog: pytest.LogCaptureFixture
) -> None:
    client.raise_request_exception = False
    assert sign_in(client, "alice@example.com").status_code == 500
    assert client.get("/settings/").status_code == 302
    assert sign_in(client, "alice@example.com", "wrong").status_code == 500
    assert caplog.text.count("audit_entry_lost") == 2


def test_a_sign_out_happens_in_any_case_and_its_loss_is_logged(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(alice)

    def fail(*args: object, **options: object) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(AuditEntry, "save", fail)
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/settings/").status_code == 302
    assert "signed_out_without_audit_entry" in caplog.text


def test_a_password_is_changed(client: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True)
    client.force_login(alice)
    new = {"oldpassword": PASSWORD, "password1": "another battery staple", "password2": "another battery staple"}
    client.post("/accounts/password/change/", new)
    assert entries()[1:] == [("password.changed", alice.pk, alice.pk, {}, {})]


def test_a_password_that_cannot_be_recorded_is_not_changed(client: Client, alice: User, broken_audit: None) -> None:
    link = reset_link_of(alice)
    client.raise_request_exception = False
    form_url = client.get(link)["Location"]
    new = {"password1": "another battery staple", "password2": "another battery staple"}
    assert client.post(form_url, new).status_code == 500
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def reset_link_of(person: User) -> str:
    from allauth.account.forms import default_token_generator
    from allauth.account.utils import user_pk_to_url_str

    return f"/accounts/password/reset/key/{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}/"


def test_a_password_is_reset_by_mail(client: Client, alice: User) -> None:
    client.post("/accounts/password/reset/", {"email": "alice@example.com"})
    (link,) = re.findall(r"/accounts/password/reset/key/\S+", str(mail.outbox[0].body))
    form_url = client.get(link)["Location"]
    client.post(form_url, {"password1": "another battery staple", "password2": "another battery staple"})
    assert entries() == [
        ("password.reset_asked", None, alice.pk, {}, {}),
        ("password.reset", None, alice.pk, {}, {}),
    ]


def test_the_first_administrator(client: Client) -> None:
    client.post("/setup/", {"name": "Root", "email": "root@example.com", "password": PASSWORD})
    root = User.objects.get().pk
    assert entries() == [("site.set_up", root, root, {}, {}), ("sign_in", root, root, {}, {"methods": ["password"]})]
    assert AuditEntry.objects.earliest("number").address == "127.0.0.1"


def test_keys_are_added_refused_and_removed(client: Client, alice: User, segmind: FakeSegmind) -> None:
    sign_in_at_once(client, alice)
    value = key_value().reveal()
    segmind.status, segmind.body = 401, {"error": "Invalid API key"}
    client.post("/settings/keys/", {"label": "Mine", "value": value})
    key = ApiKey.objects.get()
    client.post(f"/settings/keys/{key.pk}/checks/")
    client.post(f"/settings/keys/{key.pk}/removal/")
    assert entries()[1:] == [
        ("key.added", alice.pk, alice.pk, {}, {"label": "Mine"}),
        ("key.refused", alice.pk, alice.pk, {"state": "unchecked"}, {"state": "refused"}),
        ("key.removed", alice.pk, alice.pk, {"label": "Mine", "state": "refused"}, {}),
    ]
    assert set(AuditEntry.objects.filter(thing__gt="").values_list("thing", flat=True)) == {f"apikey {key.pk}"}
    assert value not in str(list(AuditEntry.objects.values()))


def test_a_key_that_is_refused_in_a_call_is_recorded_once(alice: User) -> None:
    key = ApiKeyFactory.create(owner=alice, state=ApiKey.State.WORKS)
    for _attempt in range(2):
        api_keys.note_refused(key_id=key.pk, detail="Invalid API key")
    assert entries()[1:] == [("key.refused", None, alice.pk, {"state": "works"}, {"state": "refused"})]
