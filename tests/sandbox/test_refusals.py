"""Every error of the contract's table, on request, with its status, its text and its price: nothing."""

import time
from datetime import UTC, datetime

import httpx
import pytest

from tests.sandbox.conftest import Asker

JSON_ERRORS = {
    "bad-request": (400, "Bad request: the request could not be understood by this model"),
    "unauthorized": (401, "Unauthorized. API key is invalid or may have expired. Please check your key."),
    "forbidden": (403, "You do not have permission to access this model"),
    "missing": (404, "Model claude-3-haiku not found"),
    "credits": (406, "Insufficient credits. Your balance is 25 and this request needs 0.00071."),
    "credits=short": (406, "Not enough credits"),
    "spend-limit": (406, "Team spend limit reached: the monthly limit of 50 credits is used up."),
    "value": (406, "Invalid value for parameter 'temperature': refused on request"),
    "content-type": (406, "Invalid content type"),
    "retired": (410, "Model claude-3-haiku has been retired and is no longer available"),
    "server-error": (500, "Internal server error while processing the request"),
}
PAGES = {"bad-gateway": 502, "unavailable": 503, "timeout": 504, "html": 200}


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("fault", JSON_ERRORS)
def test_an_error_in_json_is_said_in_the_envelope_and_free(asker: Asker, fault: str, version: str) -> None:
    response = asker.ask(f"Hello, sandbox:{fault} please", version=version)
    status, message = JSON_ERRORS[fault]
    assert (response.status_code, response.json()) == (status, {"error": message})
    assert response.headers["content-type"] == "application/json"
    assert (asker.row()["state"], asker.row()["status"]) == ("refused", status)
    assert asker.balance().json()["credits"] == 25


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("fault", "status"), PAGES.items())
def test_a_machine_in_between_speaks_html(asker: Asker, fault: str, status: int, version: str) -> None:
    response = asker.ask(f"sandbox:{fault}", version=version)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert "<h1>" in response.text
    assert asker.row()["state"] == ("billed" if fault == "html" else "unbilled")


def test_a_gateway_error_may_have_been_billed(asker: Asker) -> None:
    assert asker.ask("sandbox:bad-gateway sandbox:billed").status_code == 502
    assert asker.row()["state"] == "billed"


def test_a_wrong_method_is_a_page(asker: Asker) -> None:
    for response in (
        asker.client.get("/v1/claude-3-haiku"),
        asker.client.delete("/v2/claude-3-haiku"),
        asker.client.post("/v1/get-user-credits"),
        asker.client.post("/v2/requests/1/status"),
        asker.ask("sandbox:method"),
    ):
        assert response.status_code == 405
        assert response.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "path", ["/", "/v1/", "/v3/claude-3-haiku", "/v1/a/b", "/v2/requests/1/2", "/v1/requests/1/status"]
)
def test_an_unknown_address_is_a_404_in_json(asker: Asker, path: str) -> None:
    response = asker.client.post(path, json={})
    assert (response.status_code, response.json()) == (404, {"error": "The requested URL does not exist"})


def test_the_key_counts_only_in_its_own_header(asker: Asker) -> None:
    url, body = f"{asker.sandbox.base_url}/v1/claude-3-haiku", {"prompt": "Hello"}
    nobody = httpx.post(url, json=body)
    assert (nobody.status_code, nobody.json()) == (401, {"error": "Missing Authorization or x-api-key in header"})
    bearer = httpx.post(url, json=body, headers={"authorization": f"Bearer {asker.key}"})
    assert bearer.status_code == 401
    assert bearer.json()["error"] == "invalid_token"
    assert bearer.json()["status_code"] == 401
    assert asker.rows() == []


@pytest.mark.parametrize(
    "key", ["SG_5a0123", "SG_0123456789abcdef", "SG_5A0123456789ABCD", "SG_5a0123456789abcdef", "x"]
)
def test_a_key_of_another_shape_is_refused_everywhere_and_not_kept(asker: Asker, key: str) -> None:
    headers = {"x-api-key": key}
    base = asker.sandbox.base_url
    for response in (
        httpx.post(f"{base}/v1/claude-3-haiku", json={"prompt": "Hello"}, headers=headers),
        httpx.post(f"{base}/v2/claude-3-haiku", json={"prompt": "Hello"}, headers=headers),
        httpx.get(f"{base}/v1/get-user-credits", headers=headers),
        httpx.get(f"{base}/v2/requests/1", headers=headers),
    ):
        assert response.status_code == 401
        assert response.json()["error"].startswith("Unauthorized. API key is invalid")
    assert asker.sandbox.ledger(key=key)["posts"] == 0


def test_a_number_says_how_often_an_error_strikes(asker: Asker) -> None:
    statuses = [asker.ask("sandbox:server-error=2").status_code for _ in range(4)]
    assert statuses == [500, 500, 200, 200]
    assert asker.ask("sandbox:server-error=2, once more").status_code == 500


def test_only_the_last_user_message_counts(asker: Asker) -> None:
    messages = [
        {"role": "user", "content": "sandbox:credits"},
        {"role": "assistant", "content": "sandbox:forbidden"},
        {"role": "user", "content": "Hello"},
    ]
    assert asker.send({"messages": messages}).status_code == 200


def test_an_unknown_fault_is_named_in_the_answer(asker: Asker) -> None:
    assert "I know no fault called `credit`." in asker.ask("sandbox:credit").text


def reset_of(response: httpx.Response) -> datetime:
    assert response.status_code == 429
    assert "retry-after" not in response.headers
    return datetime.fromisoformat(response.headers["x-rate-limit-reset-at-utc"])


def test_a_429_names_its_reset_and_holds_for_the_account(asker: Asker) -> None:
    before = datetime.now(UTC)
    reset = reset_of(asker.ask("sandbox:rate=5"))
    assert 5 <= (reset - before).total_seconds() <= 6.5
    assert reset_of(asker.ask("Another question")) == reset
    asker.sandbox.set_account(asker.key)
    assert asker.ask("sandbox:rate=5").status_code == 200


def test_after_the_reset_all_is_fine(asker: Asker) -> None:
    assert asker.ask("sandbox:rate=0.2").status_code == 429
    deadline = time.monotonic() + 5
    while (response := asker.ask("sandbox:rate=0.2")).status_code == 429:
        assert time.monotonic() < deadline
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("form", "start"),
    [("epoch", "1"), ("milliseconds", "1"), ("past", "2001"), ("far", "2199"), ("garbage", "soon"), ("space", "2")],
)
def test_the_reset_comes_in_other_forms_too(asker: Asker, form: str, start: str) -> None:
    response = asker.ask(f"sandbox:rate=1 sandbox:reset={form}")
    assert response.headers["x-rate-limit-reset-at-utc"].startswith(start)


def test_the_reset_can_be_missing(asker: Asker) -> None:
    response = asker.ask("sandbox:rate=1 sandbox:reset=missing")
    assert response.status_code == 429
    assert "x-rate-limit-reset-at-utc" not in response.headers


def test_a_rate_is_kept_per_account_and_window(asker: Asker) -> None:
    asker.sandbox.set_account(asker.key, rate=2, window_seconds=30)
    assert [asker.ask("Hello").status_code for _ in range(4)] == [200, 200, 429, 429]
    assert 28 <= (reset_of(asker.ask("Hello")) - datetime.now(UTC)).total_seconds() <= 31
    assert asker.balance().status_code == 200
    asker.sandbox.set_account(asker.key, rate=None)
    assert asker.ask("Hello").status_code == 200
