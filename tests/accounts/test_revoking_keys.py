"""A revoked key: its value is gone for good, nobody can use it, its figures stay, and its owner is told."""

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from accounts.models import ApiKey, AuditEntry, User
from accounts.services import key_checks, rotation
from accounts.services.api_keys import add_key, key_for, opens
from accounts.services.revocation import revoke_key
from accounts.services.revocation_notices import tell_of_revoked_keys
from tests.factories import PASSWORD, ApiKeyFactory, key_value
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
KEYS = "/admin/accounts/apikey/"
PAGE = f"{KEYS}revocation/"


@pytest.fixture
def administrator(client) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    sign_in(client, person)
    return person


def ask(client, *keys: ApiKey) -> str:
    page: str = client.get(PAGE, {"keys": [str(key.pk) for key in keys]}, follow=True).content.decode()
    return page


def test_the_value_is_destroyed_and_the_key_pays_no_more(alice, bob):
    value = key_value()
    key = ApiKeyFactory.create(owner=alice, value=value)
    same = ApiKeyFactory.create(owner=alice, label="Second")
    assert revoke_key(key=key)
    assert revoke_key(key=same)
    key.refresh_from_db()
    assert (bytes(key.ciphertext), opens(key), key.can_pay, key_for(alice)) == (b"", False, False, None)
    assert not revoke_key(key=key)
    assert AuditEntry.objects.filter(action="key.revoked", subject=alice).count() == 2
    # The same value may be entered anew: nobody can tell any more that it was here.
    assert key_for(alice) != add_key(owner=alice, label="Anew", value=value) == key_for(alice)


def test_a_revoked_key_gets_no_value_again(alice):
    key = ApiKeyFactory.create(owner=alice)
    sealed = key.ciphertext
    revoke_key(key=key)
    with pytest.raises(IntegrityError, match="api_key_revoked_is_empty"), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(ciphertext=sealed)


def test_nothing_is_asked_or_sealed_or_told_about_it_later(alice, segmind):
    key = ApiKeyFactory.create(owner=alice, last_used_at="2100-01-01T00:00Z")
    assert key_checks.due_for_a_check() == [key]
    revoke_key(key=key)
    assert key_checks.due_for_a_check() == []
    assert rotation.rows_by_key_id() == {}
    rotation.add_secret()
    rotation.use_newest_secret()
    assert list(rotation.reseal_all()) == []


def test_its_owner_is_told_once_and_the_administrators_of_a_key_of_the_team(alice, administrator, monkeypatch):
    revoke_key(key=ApiKeyFactory.create(owner=alice, label="Mine"))

    def refuse(*args, **kwargs):
        raise OSError

    with monkeypatch.context() as away:
        away.setattr("accounts.services.revocation_notices.mail_people", refuse)
        tell_of_revoked_keys()
    tell_of_revoked_keys()
    tell_of_revoked_keys()
    assert [(sent.subject, sent.bcc) for sent in mail.outbox] == [("The key “Mine” is revoked", [])]
    assert mail.outbox[0].to == [alice.email]
    revoke_key(key=ApiKeyFactory.create(owner=None, label="Team"))
    tell_of_revoked_keys()
    assert mail.outbox[1].to == [administrator.email]
    assert "key of your team" in mail.outbox[1].body


def test_it_is_revoked_from_the_list_after_being_asked_once(client, alice, administrator):
    mine, team = ApiKeyFactory.create(owner=alice, label="Mine <i>"), ApiKeyFactory.create(owner=None, label="Team")
    chosen = {"action": "revoke", "_selected_action": [mine.pk, team.pk]}
    page = client.post(KEYS, chosen, follow=True).content.decode()
    assert "nobody can bring them back" in page
    assert "Mine &lt;i&gt;" in page
    assert not ApiKey.objects.exclude(revoked_at=None).exists()
    page = client.post(PAGE, {"keys": [mine.pk, team.pk]}, follow=True).content.decode()
    assert "2 keys are revoked." in page
    assert page.count('<td class="field-status">revoked</td>') == 2
    assert not ApiKey.objects.in_use().exists()
    assert set(AuditEntry.objects.filter(action="key.revoked").values_list("actor", flat=True)) == {administrator.pk}


def test_it_is_revoked_from_its_own_page_which_then_only_shows(client, administrator):
    key = ApiKeyFactory.create(owner=None)
    address = f"{KEYS}{key.pk}/change/"
    assert f'href="{PAGE}?keys={key.pk}"' in client.get(address).content.decode()
    assert "nobody can bring them back" in ask(client, key)
    client.post(PAGE, {"keys": [key.pk]})
    page = client.get(address).content.decode()
    assert "Revoke this key" not in page
    assert 'name="value"' not in page
    assert client.post(address, {"label": "x", "value": key_value().reveal()}).status_code == 403


def test_what_is_revoked_already_or_no_key_is_said_so(client, administrator):
    key = ApiKeyFactory.create(owner=None)
    revoke_key(key=key)
    assert "there is nothing to revoke" in ask(client, key)
    assert "there is nothing to revoke" in client.get(PAGE, follow=True).content.decode()
    for keys, sentence in [([key.pk], "revoked or removed already"), ([], "Choose a key first"), (["odd"], "Choose")]:
        answer = client.post(PAGE, {"keys": keys})
        assert (answer.status_code, sentence in answer.content.decode()) == (422, True)


def test_only_administrators_revoke(client, alice):
    key = ApiKeyFactory.create(owner=alice)
    for role in ("member", "auditor"):
        User.objects.filter(pk=alice.pk).update(role=role)
        sign_in(client, User.objects.get(pk=alice.pk))
        assert client.post(PAGE, {"keys": [key.pk]}).status_code in (302, 403)
    assert ApiKey.objects.in_use().get() == key


def test_its_owner_reads_it_in_their_list_and_can_only_remove_it(client, alice):
    key = ApiKeyFactory.create(owner=alice, label="Mine", is_default=True)
    revoke_key(key=key)
    sign_in(client, alice)
    page = client.get("/settings/keys/").content.decode()
    assert "An administrator revoked this key on" in page
    assert f"/settings/keys/{key.pk}/removal/" in page
    for address in ("checks/", "default/", ""):
        assert f'"/settings/keys/{key.pk}/{address}"' not in page
    assert client.post(f"/settings/keys/{key.pk}/checks/").status_code == 404
    assert client.get(f"/settings/keys/{key.pk}/").status_code == 404
    client.post(f"/settings/keys/{key.pk}/removal/")
    assert not ApiKey.objects.exists()
