"""`manage.py catalogue`: nothing is spent without a yes, and no key is shown."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from chat.management.commands import catalogue as command
from chat.services.catalogue import CheckResult
from tests.chat.conftest import KEY
from tests.factories import ApiKeyFactory, key_value

WORKS = CheckResult(
    works=True,
    meaning="It answered.",
    seconds=1.25,
    billed="yes",
    provider="openai",
    text="ready",
    cost=Decimal("0.0006"),
    balance=Decimal("24.5"),
    status=200,
)
GONE = CheckResult(works=False, meaning="Retired.", seconds=0.2, billed="no", status=410, detail="Gone")


@pytest.fixture
def checked(monkeypatch) -> list[tuple[str, str]]:
    """What was called, as model and key; the call answers that it works."""
    calls = []

    def check_model(*, model, api_key):
        calls.append((model.slug, api_key.label))
        return WORKS

    monkeypatch.setattr(command, "check_model", check_model)
    return calls


def run(*words: str) -> str:
    out = StringIO()
    call_command("catalogue", *words, stdout=out, skip_checks=False)
    return out.getvalue()


def test_the_list_shows_what_is_on_offer_first(db):
    lines = run("list").splitlines()
    assert len(lines) == 38
    assert "on offer" in lines[0]
    assert "on offer" not in lines[-1]


def test_with_a_yes_the_model_is_called_and_the_answer_told(alice_key, checked, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "y")
    told = run("check", "gpt-4o", "--key", "Alice's")
    assert checked == [("gpt-4o", "Alice's")]
    assert "billable request" in told
    assert "0.0075 credits" in told
    for fact in ("It answered.", "openai", "ready", "1.2 s", "0.0006 credits", "24.5 credits"):
        assert fact in told
    assert KEY not in told
    assert alice_key.fingerprint not in told


def test_without_a_yes_nothing_is_sent(alice_key, checked, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "")
    with pytest.raises(CommandError, match="Nothing was sent"):
        run("check", "gpt-4o", "--key", "Alice's")
    assert checked == []


def test_a_model_that_does_not_answer_is_an_error(alice_key, monkeypatch):
    monkeypatch.setattr(command, "check_model", lambda **options: GONE)
    out = StringIO()
    with pytest.raises(CommandError, match="did not answer"):
        call_command("catalogue", "check", "gpt-4o", "--key", str(alice_key.pk), "--yes", stdout=out)
    assert "Gone" in out.getvalue()


def test_of_two_keys_of_one_label_the_persons_is_taken(alice, alice_key, bob, checked):
    ApiKeyFactory.create(owner=bob, label="Alice's", value=key_value())
    with pytest.raises(CommandError, match="more than one"):
        run("check", "gpt-4o", "--key", "Alice's", "--yes")
    run("check", "gpt-4o", "--key", "Alice's", "--person", "Alice@example.com", "--yes")
    assert len(checked) == 1


@pytest.mark.parametrize(("slug", "key"), [("gpt-none", "Alice's"), ("gpt-4o", "none")])
def test_a_model_or_key_that_is_not_there(alice_key, checked, slug, key):
    with pytest.raises(CommandError, match="There is no"):
        run("check", slug, "--key", key, "--yes")
    assert checked == []
