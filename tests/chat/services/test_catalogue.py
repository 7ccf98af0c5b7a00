"""One call to a model of the catalogue, through the stand-in for Segmind: what came back, in words and on the key."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import ApiKey, AuditEntry
from chat.delivery import client
from chat.models import Budget, LanguageModel, Reply
from chat.segmind import KeyValue
from chat.services import catalogue
from chat.services.catalogue import CheckResult, check_model
from config.run import free_port
from tests.factories import ApiKeyFactory
from tests.sandbox.running import RunningSandbox, running_sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox, settings, monkeypatch) -> RunningSandbox:
    settings.SEGMIND_BASE_URL = running.base_url
    settings.SEGMIND_READ_SECONDS = settings.SEGMIND_TOTAL_SECONDS = 5.0
    monkeypatch.setattr(catalogue, "POLL_SECONDS", 0.01)
    client.segmind_client.cache_clear()
    return running


@pytest.fixture
def value(sandbox: RunningSandbox) -> KeyValue:
    return KeyValue(sandbox.new_key())


@pytest.fixture
def api_key(value: KeyValue, alice) -> ApiKey:
    return ApiKeyFactory.create(owner=alice, label="Mine", value=value)


def check(api_key: ApiKey, slug: str = "gpt-5.4-nano", **changes: object) -> CheckResult:
    LanguageModel.objects.filter(slug=slug).update(**changes)
    return check_model(model=LanguageModel.objects.get(slug=slug), api_key=api_key)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("slug", "provider"), [("claude-4-sonnet", "anthropic"), ("gpt-5.4-nano", "openai")])
def test_a_model_that_answers(sandbox, value, api_key, slug, provider, version):
    result = check(api_key, slug, version=version)
    assert (result.works, result.provider, result.billed, result.status) == (True, provider, "yes", 200)
    assert "ready" in result.text
    (row,) = sandbox.ledger(key=value.reveal())["rows"]
    assert (row["slug"], row["version"], row["state"]) == (slug, version, "billed")
    assert result.cost == Decimal(str(row["cost"])) > 0
    api_key.refresh_from_db()
    assert api_key.balance == result.balance > 0
    call = Reply.objects.get()
    assert (call.owner, call.state, call.cost) == (None, "completed", result.cost)
    assert list(call.entries.order_by("pk").values_list("kind", flat=True)) == ["reserve", "settle"]


def test_what_fails_is_in_the_ledger_too(sandbox, api_key):
    assert not check(api_key, "gemini-2.5-flash").works
    assert [entry.kind for entry in Reply.objects.get().entries.order_by("pk")] == ["reserve", "release"]


@pytest.mark.parametrize("of_the_key", [True, False])
def test_beyond_a_budget_of_the_team_or_the_key_nothing_is_sent(sandbox, value, api_key, of_the_key):
    Budget.objects.create(limit=0, **({"api_key": api_key} if of_the_key else {}))
    result = check(api_key)
    assert (result.works, result.billed) == (False, "no")
    assert "budget" in result.meaning
    assert sandbox.ledger(key=value.reveal())["rows"] == []
    assert not Reply.objects.exists()


def test_no_request_is_made_in_a_format_that_nobody_has_checked(sandbox, value, api_key):
    result = check(api_key, "gemini-2.5-flash")
    assert (result.works, result.billed, result.status) == (False, "no", None)
    assert "Nothing was sent" in result.meaning
    assert sandbox.ledger(key=value.reveal())["rows"] == []


def test_geminis_answer_is_recognised_once_the_format_of_its_request_is_known(sandbox, api_key):
    result = check(api_key, "gemini-2.5-flash", wire_format="openai")
    assert (result.works, result.provider) == (True, "gemini")


@pytest.mark.parametrize(
    ("fault", "status", "billed", "says"),
    [
        ("unauthorized", 401, "no", "refuses this key"),
        ("forbidden", 403, "no", "may not use the model"),
        ("missing", 404, "no", "no model of this name"),
        ("credits", 406, "no", "not enough credits"),
        ("spend-limit", 406, "no", "spend limit"),
        ("value", 406, "no", "wire format may be wrong"),
        ("bad-request", 400, "no", "wire format may be wrong"),
        ("fail", 422, "no", "failed, or refused"),
        ("rate=5", 429, "no", "Wait a minute"),
        ("server-error", 500, "no", "Try again later"),
        ("bad-gateway", 502, "unknown", "Try again later"),
        ("drop", None, "unknown", "may have been billed"),
    ],
)
def test_what_a_failure_means(sandbox, value, api_key, fault, status, billed, says):
    sandbox.queue_fault(fault, key=value.reveal())
    result = check(api_key, version="v1")
    assert (result.works, result.status, result.billed) == (False, status, billed)
    assert says in result.meaning


def test_an_answer_without_text_does_not_work(sandbox, value, api_key):
    sandbox.queue_fault("empty", key=value.reveal())
    assert (check(api_key).works, check(api_key).works) == (False, True)


def test_a_retired_model_is_noted(sandbox, value, api_key):
    sandbox.queue_fault("retired", key=value.reveal())
    result = check(api_key, enabled=True)
    assert "has retired" in result.meaning
    model = LanguageModel.objects.get(slug="gpt-5.4-nano")
    assert not model.enabled
    assert model.retired_at


def test_a_refused_key_and_an_empty_account_are_noted_at_the_key(sandbox, value, api_key):
    for fault, state in (("credits", "exhausted"), ("unauthorized", "refused")):
        sandbox.queue_fault(fault, key=value.reveal())
        check(api_key)
        api_key.refresh_from_db()
        assert api_key.state == state


def test_nobody_there(sandbox, api_key, settings):
    settings.SEGMIND_BASE_URL = f"http://127.0.0.1:{free_port()}"
    result = check(api_key)
    assert (result.works, result.billed) == (False, "no")
    assert "could not be reached" in result.meaning


def test_a_key_that_can_not_be_opened_sends_nothing(sandbox, value, api_key):
    ApiKey.objects.update(ciphertext=b"other")
    api_key.refresh_from_db()
    assert "can't be opened" in check(api_key).meaning
    assert sandbox.ledger(key=value.reveal())["rows"] == []


def test_a_check_is_in_the_audit_log_with_what_it_found_and_the_balance_before_and_after(sandbox, api_key, alice):
    ApiKey.objects.filter(pk=api_key.pk).update(balance=99, balance_known_at=timezone.now())
    api_key.refresh_from_db()
    result = check(api_key)
    entry = AuditEntry.objects.get(action="model.checked")
    assert entry.thing == f"languagemodel {LanguageModel.objects.get(slug='gpt-5.4-nano').pk}"
    assert (entry.subject, entry.before) == (alice, {"balance": "99.0000000000"})
    found = {"key": str(api_key.pk), "works": True, "billed": "yes", "cost": str(result.cost)}
    assert entry.after == {**found, "balance": str(result.balance)}


def test_a_check_that_no_budget_has_room_for_is_in_the_audit_log(sandbox, api_key):
    Budget.objects.create(limit=0)
    check(api_key)
    entry = AuditEntry.objects.get(action="model.checked")
    assert (entry.before, entry.after) == ({}, {"key": str(api_key.pk), "works": False, "billed": "no"})
