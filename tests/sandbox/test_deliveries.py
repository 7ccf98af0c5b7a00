"""Answers that never come, come broken, come late, and what each costs."""

import json

import httpx
import pytest

from tests.sandbox.conftest import Asker
from tests.sandbox.running import wait_until


def test_a_dropped_answer_was_billed(asker: Asker) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        asker.ask("sandbox:drop")
    assert asker.row()["state"] == "billed"


def test_a_drop_can_be_free(asker: Asker) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        asker.ask("sandbox:drop sandbox:unbilled")
    assert asker.row()["state"] == "unbilled"


def test_a_drop_can_happen_once(asker: Asker) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        asker.ask("sandbox:drop=1")
    assert asker.ask("sandbox:drop=1").status_code == 200


def test_half_an_answer_breaks_off_in_the_body(asker: Asker) -> None:
    with asker.client.stream("POST", "/v1/claude-3-haiku", json={"prompt": "sandbox:drop=half"}) as response:
        assert response.status_code == 200
        received: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError):
            received.extend(response.iter_bytes())
    assert b'"type": "message"' in b"".join(received)


def test_a_dropped_submit_runs_and_is_billed(asker: Asker) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        asker.ask("sandbox:drop", version="v2")
    row = asker.row()
    assert row["state"] == "billed"
    assert asker.state(row["request_id"]) == "COMPLETED"


@pytest.mark.parametrize(
    ("words", "state"), [("sandbox:silent", "unbilled"), ("sandbox:silent sandbox:billed", "billed")]
)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_silence_ends_only_with_the_clients_patience(asker: Asker, words: str, state: str, version: str) -> None:
    asker.client.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        asker.ask(words, version=version)
    assert asker.row()["state"] == state


def test_latency_is_waited_for_and_reported(asker: Asker) -> None:
    response = asker.ask("sandbox:latency=0.2")
    assert float(response.headers["x-generation-time"]) >= 0.2
    assert response.elapsed.total_seconds() >= 0.2


def test_an_error_may_be_late_too(asker: Asker) -> None:
    response = asker.ask("sandbox:latency=0.2 sandbox:forbidden")
    assert response.status_code == 403
    assert response.elapsed.total_seconds() >= 0.2


def test_a_call_whose_client_left_is_finished_and_billed(asker: Asker) -> None:
    with pytest.raises(httpx.ReadTimeout):
        asker.client.post("/v1/claude-3-haiku", json={"prompt": "sandbox:latency=0.4"}, timeout=0.1)
    assert asker.row()["state"] == "accepted"
    wait_until(lambda: asker.row()["state"] == "billed")


@pytest.mark.parametrize("variant", ["", "=empty", "=text", "=utf8", "=deep"])
def test_a_malformed_answer_is_no_json_and_billed(asker: Asker, variant: str) -> None:
    response = asker.ask(f"sandbox:malformed{variant}")
    assert response.status_code == 200
    assert response.headers["x-cost"] == "0.00071"
    with pytest.raises((ValueError, RecursionError)):
        json.loads(response.content)
    assert asker.row()["state"] == "billed"


@pytest.mark.parametrize(("variant", "body"), [("list", []), ("object", {})])
def test_a_malformed_answer_may_be_json(asker: Asker, variant: str, body: object) -> None:
    assert asker.ask(f"sandbox:malformed={variant}").json() == body


def test_a_huge_answer_and_one_that_inflates(asker: Asker) -> None:
    assert len(asker.ask("sandbox:malformed=huge").content) == 16 * 1024 * 1024
    with asker.client.stream("POST", "/v1/claude-3-haiku", json={"prompt": "sandbox:malformed=gzip"}) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert len(b"".join(response.iter_raw())) < 100_000


def test_an_answer_drips(asker: Asker) -> None:
    response = asker.ask("sandbox:drip=0.005")
    assert response.elapsed.total_seconds() >= 0.1
    assert "You asked" in response.text


def test_a_redirect_is_one(asker: Asker) -> None:
    response = asker.ask("sandbox:redirect")
    assert response.status_code == 307
    assert response.headers["location"] == f"{asker.sandbox.base_url}/elsewhere"


def test_a_failed_model_is_a_422_by_v1(asker: Asker) -> None:
    response = asker.ask("sandbox:fail")
    assert response.status_code == 422
    assert response.json() == {"error": "Inference failed: the model could not process the request"}
    assert asker.row()["state"] == "unbilled"


def test_a_held_call_waits_for_its_release(asker: Asker) -> None:
    with pytest.raises(httpx.ReadTimeout):
        asker.client.post("/v1/claude-3-haiku", json={"prompt": "sandbox:hold"}, timeout=0.1)
    assert asker.row()["state"] == "accepted"
    assert asker.sandbox.release(asker.key) == 1
    wait_until(lambda: asker.row()["state"] == "billed")


@pytest.mark.parametrize("cost", ["NaN", "Infinity", "-1", "true", "cheap"])
def test_the_cost_can_be_nonsense(asker: Asker, cost: str) -> None:
    words = "sandbox:nan" if cost == "NaN" else f"sandbox:nan={cost}"
    assert asker.ask(words).headers["x-cost"] == cost
    metrics = json.loads(asker.result(asker.submit(words)).content, parse_constant=str)["metrics"]
    assert metrics["cost"] == {"-1": -1, "true": True}.get(cost, cost)


def test_the_accounting_can_be_missing(asker: Asker) -> None:
    assert not any(name.startswith("x-") for name in asker.ask("sandbox:no-accounting").headers)
    assert asker.result(asker.submit("sandbox:no-accounting")).json()["metrics"] == {}
