"""The control address: queued faults, accounts, latency, and a fresh start."""

import httpx
import pytest

from tests.sandbox.conftest import Asker
from tests.sandbox.running import command, running_sandbox


def test_a_queued_fault_strikes_the_next_calls_of_its_key(asker: Asker) -> None:
    asker.sandbox.queue_fault("server-error", times=2, key=asker.key)
    assert [asker.ask("Hello").status_code for _ in range(3)] == [500, 500, 200]


def test_a_queued_fault_can_be_for_one_model(asker: Asker) -> None:
    asker.sandbox.queue_fault("retired", key=asker.key, slug="gpt-4o")
    assert asker.ask("Hello").status_code == 200
    assert asker.ask("Hello", slug="gpt-4o").status_code == 410


@pytest.mark.parametrize("place", ["status", "result"])
def test_a_queued_fault_can_strike_while_polling(asker: Asker, place: str) -> None:
    request_id = asker.submit("Hello")
    asker.sandbox.queue_fault("bad-gateway", key=asker.key, on=place)
    poll = getattr(asker, place)
    assert [poll(request_id).status_code for _ in range(2)] == [502, 200]


@pytest.mark.parametrize(
    ("fault", "status"), [("unauthorized", 401), ("unavailable", 503), ("rate=1", 429), ("html", 200)]
)
def test_a_queued_fault_can_strike_the_balance(asker: Asker, fault: str, status: int) -> None:
    asker.sandbox.queue_fault(fault, key=asker.key, on="balance")
    response = asker.balance()
    assert response.status_code == status
    assert '"credits"' not in response.text
    assert asker.balance().json()["credits"] == 25


def test_several_faults_come_together(asker: Asker) -> None:
    asker.sandbox.queue_fault("latency=0.2 forbidden", key=asker.key)
    response = asker.ask("Hello")
    assert response.status_code == 403
    assert response.elapsed.total_seconds() >= 0.2


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("faults", {"fault": "credit"}),
        ("faults", {}),
        ("faults", {"fault": "drop", "on": "submit"}),
        ("faults", {"fault": "drop", "time": 3}),
        ("faults", {"fault": "drop", "times": "often"}),
        ("accounts", {"key": "SG_0123456789abcdef"}),
        ("accounts", {"key": "SG_5a0123456789abcd", "money": 3}),
        ("accounts", {"key": "SG_5a0123456789abcd", "credits": "much"}),
        ("latency", {"seconds": "long"}),
    ],
)
def test_a_mistake_in_a_test_is_told(asker: Asker, name: str, fields: dict[str, object]) -> None:
    response = asker.sandbox.control.post(f"/{name}", json=fields)
    assert response.status_code == 400
    assert response.json()["error"]


def test_control_takes_only_json_and_only_what_it_knows(asker: Asker) -> None:
    control = asker.sandbox.control
    assert control.post("/reset", content=b"{}", headers={"content-type": "text/plain"}).status_code == 406
    assert control.put("/ledger").status_code == 405
    assert control.get("/secrets").status_code == 404


def test_every_fault_is_listed(asker: Asker) -> None:
    known = asker.sandbox.control.get("/faults").json()["known"]
    assert known.keys() >= {"credits", "drop", "silent", "rate", "output"}


def test_a_fresh_start_a_set_latency_and_an_end() -> None:
    """A stand-in of its own, since this forgets everything."""
    with running_sandbox() as sandbox:
        headers = {"x-api-key": sandbox.new_key()}
        url = f"{sandbox.base_url}/v1/llama-v3p1-70b-instruct"
        sandbox.set_latency(0.2)
        assert httpx.post(url, json={"prompt": "Hello"}, headers=headers).elapsed.total_seconds() >= 0.2
        sandbox.queue_fault("drop", times=100)
        sandbox.reset()
        assert sandbox.ledger()["posts"] == 0
        assert httpx.post(url, json={"prompt": "Hello"}, headers=headers).headers["x-remaining-credits"] == "24.9981"
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(url, json={"prompt": "sandbox:silent"}, headers=headers, timeout=0.1)
    assert sandbox.process.returncode is not None
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{sandbox.base_url}/control/ledger")


def test_the_command_line_names_the_application() -> None:
    assert command(8010)[-1] == "tests.sandbox.app:app"
