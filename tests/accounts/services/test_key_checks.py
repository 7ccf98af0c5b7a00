"""check_key against a Segmind at the other end of the wire, through our real client."""

from decimal import Decimal
from functools import partial

import httpx
import pytest
from pytest_django import Settings

from accounts.models import ApiKey, User
from accounts.services import balance
from accounts.services.key_checks import Outcome, check_key
from accounts.services.people import create_person
from chat.segmind import KeyValue, SegmindClient
from tests.accounts.conftest import FakeSegmind
from tests.factories import PASSWORD, ApiKeyFactory, key_value
from tests.sandbox.app import app as sandbox

pytestmark = pytest.mark.django_db
State = ApiKey.State


def test_a_good_key_works_and_its_balance_is_known(alice: User, segmind: FakeSegmind) -> None:
    value = key_value()
    key = ApiKeyFactory.create(owner=alice, value=value, last_error="old")
    segmind.body = {"credits": 7.25, "free-credits": 0.5}
    result = check_key(key=key)
    key.refresh_from_db()
    assert (result.outcome, result.balance) == (Outcome.WORKS, Decimal("7.75"))
    assert (key.state, key.balance, key.last_error) == (State.WORKS, Decimal("7.75"), "")
    assert key.checked_at is not None
    assert key.last_used_at is None
    (request,) = segmind.requests
    assert (request.method, request.url.path) == ("GET", "/v1/get-user-credits")
    assert request.headers["x-api-key"] == value.reveal()


def test_a_good_key_without_credits_is_exhausted(alice: User, segmind: FakeSegmind) -> None:
    key = ApiKeyFactory.create(owner=alice)
    segmind.body = {"credits": 0, "free-credits": 0}
    assert check_key(key=key).outcome == Outcome.WORKS
    key.refresh_from_db()
    assert (key.state, key.balance) == (State.EXHAUSTED, Decimal(0))


def test_a_refused_key_says_so(alice: User, segmind: FakeSegmind) -> None:
    key = ApiKeyFactory.create(owner=alice, state=State.WORKS)
    segmind.status, segmind.body = 401, {"error": "Invalid API key"}
    assert check_key(key=key).outcome == Outcome.REFUSED
    key.refresh_from_db()
    assert (key.state, key.last_error) == (State.REFUSED, "Invalid API key")


def test_an_account_without_a_balance_record_works(alice: User, segmind: FakeSegmind) -> None:
    key = ApiKeyFactory.create(owner=alice)
    segmind.status, segmind.body = 404, {"error": "No credits found for the user"}
    assert check_key(key=key).outcome == Outcome.WORKS
    key.refresh_from_db()
    assert (key.state, key.balance) == (State.WORKS, None)


@pytest.mark.parametrize("status", [403, 429, 500, 502])
def test_a_fault_is_no_verdict_on_the_key(alice: User, segmind: FakeSegmind, status: int) -> None:
    key = ApiKeyFactory.create(owner=alice, state=State.WORKS)
    segmind.status, segmind.body = status, {"error": "something else"}
    assert check_key(key=key).outcome == Outcome.UNREACHABLE
    key.refresh_from_db()
    assert key.state == State.WORKS
    assert key.last_error != ""


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.ReadTimeout("silence")])
def test_an_unreachable_segmind_leaves_the_state(alice: User, segmind: FakeSegmind, failure: Exception) -> None:
    key = ApiKeyFactory.create(owner=alice, state=State.EXHAUSTED)
    segmind.failure = failure
    result = check_key(key=key)
    key.refresh_from_db()
    assert (result.outcome, result.balance) == (Outcome.UNREACHABLE, None)
    assert (key.state, key.last_error) == (State.EXHAUSTED, "Segmind did not answer.")
    assert key.checked_at is not None


def test_a_key_that_does_not_open_is_to_be_entered_again_and_nothing_is_sent(alice: User, segmind: FakeSegmind) -> None:
    key, other = ApiKeyFactory.create(owner=alice), ApiKeyFactory.create(owner=alice)
    key.ciphertext = other.ciphertext
    key.save(update_fields=["ciphertext"])
    assert check_key(key=key).outcome == Outcome.REFUSED
    key.refresh_from_db()
    assert key.state == State.REFUSED
    assert "enter it again" in key.last_error
    assert segmind.requests == []


def test_the_key_of_a_new_account_works_in_the_stand_in(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:8010"
    client = partial(SegmindClient, transport=httpx.ASGITransport(app=sandbox))
    monkeypatch.setattr(balance, "SegmindClient", client)
    key = create_person(name="Ada", email="ada@example.com", password=PASSWORD).api_keys.get()
    assert check_key(key=key).balance == Decimal(25)
    stranger = ApiKeyFactory.create(owner=key.owner, value=KeyValue("SG_ffffffffffffffff"))
    assert check_key(key=stranger).outcome == Outcome.REFUSED
