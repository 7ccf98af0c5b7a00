from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import AuditEntry, User
from accounts.services.audit import Action, address_of, alias_of, publishable, record
from tests.factories import ApiKeyFactory, key_value

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_what_whom_and_old_and_new(alice: User, bob: User) -> None:
    key = ApiKeyFactory.create(owner=bob)
    entry = record(
        Action.KEY_CHANGED, actor=alice, subject=bob, thing=key, before={"rate": 5}, after={"rate": Decimal("7.5")}
    )
    entry.refresh_from_db()
    assert (entry.actor, entry.action, entry.subject, entry.thing) == (alice, "key.changed", bob, f"apikey {key.pk}")
    assert (entry.before, entry.after, entry.address) == ({"rate": 5}, {"rate": "7.5"}, None)
    assert abs((datetime.now(UTC) - entry.at).total_seconds()) < 60


def test_an_action_that_is_not_on_the_list_is_refused() -> None:
    with pytest.raises(ValueError, match="not a valid Action"):
        record("coffee.made")  # type: ignore[arg-type]


def test_an_entry_is_one_query() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        record(Action.SIGNED_OUT)
    assert len(queries) == 1


def test_the_logs_hold_each_digest_once_it_is_committed(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            record(Action.SIGNED_OUT)
            transaction.set_rollback(True)
        entry = record(Action.SIGNED_OUT)
    (line,) = [cast(dict[str, Any], log.msg) for log in caplog.records if "audit_entry" in str(log.msg)]
    assert (line["number"], line["digest"]) == (entry.number, entry.digest)


def test_an_entry_that_cannot_be_stored_is_an_error_and_logged(
    alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise OperationalError("lock timeout")

    monkeypatch.setattr(AuditEntry, "save", fail)
    with pytest.raises(OperationalError):
        record(Action.KEY_REMOVED, subject=alice)
    (log,) = [log for log in caplog.records if "audit_entry_lost" in str(log.msg)]
    assert log.levelname == "ERROR"
    assert "key.removed" in str(log.msg)


# --- No secrets ---------------------------------------------------------------
@pytest.mark.parametrize("name", ["password", "password1", "new_password", "API_Secret", "value", "invitation_token"])
def test_a_field_with_the_name_of_a_secret_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="does not belong"):
        record(Action.SETTING_CHANGED, after={name: "x"})
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("value", [key_value(), b"bytes", object(), {"nested": 1}, [key_value()]])
def test_a_value_that_is_no_plain_one_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="does not belong"):
        record(Action.SETTING_CHANGED, before={"label": value})


def test_a_text_that_looks_like_a_secret_is_masked() -> None:
    secrets = [key_value().reveal(), "SG_older-format_1", "f" * 64, "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="]
    record(Action.SETTING_CHANGED, before={"label": [f"my {secret}." for secret in secrets]})
    assert AuditEntry.objects.get().before == {"label": ["my (masked)."] * 4}


def test_what_is_harmless_stays_readable() -> None:
    identity = UUID("0b7f2a52-5ac6-4c4e-9d7c-3f2f6f1f3b11")
    values = {"id": identity, "at": datetime(2026, 1, 2, tzinfo=UTC), "context_tokens": 5, "on": True, "gone": None}
    assert publishable(values) == {
        "id": str(identity),
        "at": "2026-01-02 00:00:00+00:00",
        "context_tokens": 5,
        "on": True,
        "gone": None,
    }
    assert publishable({"label": "a\0b \ud800"})["label"] == "a\ufffdb \ufffd"
    assert len(publishable({"label": "word " * 99})["label"]) == 200


def test_an_unknown_address_is_told_apart_but_not_told() -> None:
    alias = alias_of("Nobody@example.com ")
    assert alias == alias_of("nobody@example.com") != alias_of("anybody@example.com")
    assert "nobody" not in alias


# --- From where ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.9.9.9, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "rubbish", "192.0.2.1"),
        (2, "203.0.113.9", "192.0.2.1"),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxies_saw(
    settings: Settings, proxies: int, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory(headers={"X-Forwarded-For": forwarded}).get("/", REMOTE_ADDR="192.0.2.1")
    assert address_of(request) == expected
