"""v2 from the submit to the result: states, metrics, the forms of `output`, and errors while polling."""

import asyncio
import json
import re
import time

import httpx
import pytest

from tests.sandbox.app import Sandbox
from tests.sandbox.catalogue import MODELS
from tests.sandbox.conftest import Asker
from tests.sandbox.jobs import Call, Job, Jobs
from tests.sandbox.ledger import Account, Row
from tests.sandbox.questions import read_question
from tests.sandbox.running import wait_until


def test_a_submit_answers_with_an_id_and_three_addresses(asker: Asker) -> None:
    submission = asker.ask("Hello", version="v2").json()
    request_id = submission.pop("request_id")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", request_id)
    base = asker.sandbox.base_url
    assert submission == {
        "status": "QUEUED",
        "poll_url": f"{base}/v1/requests/{request_id}",
        "status_url": f"{base}/v2/requests/{request_id}/status",
        "response_url": f"{base}/v2/requests/{request_id}",
    }
    assert asker.client.get(f"/v1/requests/{request_id}").json()["status"] == "COMPLETED"


def test_it_is_queued_then_processed_then_completed(asker: Asker) -> None:
    request_id = asker.submit("sandbox:queue=0.2 sandbox:hold")
    assert asker.status(request_id).json() == {"status": "QUEUED", "request_id": request_id, "metrics": {}}
    wait_until(lambda: asker.state(request_id) == "PROCESSING")
    assert asker.row()["state"] == "accepted"
    wait_until(lambda: asker.sandbox.release(asker.key))
    wait_until(lambda: asker.state(request_id) == "COMPLETED")
    metrics = asker.status(request_id).json()["metrics"]
    assert metrics["queue_time"] == pytest.approx(0.2)
    assert metrics["total_time"] >= 0.2


def test_before_the_end_the_result_is_the_status(asker: Asker) -> None:
    request_id = asker.submit("sandbox:hold")
    assert asker.result(request_id).json()["status"] == "PROCESSING"
    asker.sandbox.release(asker.key)


def test_the_result_is_the_providers_json_in_a_string(asker: Asker) -> None:
    result = asker.result(asker.submit("Hello")).json()
    assert result["status"] == "COMPLETED"
    answer = json.loads(result["output"])
    assert answer["stop_reason"] == "end_turn"
    assert answer["content"][0]["text"].startswith("You asked:\n\n> Hello")
    assert result["metrics"]["cost"] == 0.00071
    assert result["metrics"]["remaining_credits"] == 24.99929
    assert result["metrics"].keys() >= {"inference_time", "queue_time", "total_time", "retry_count"}


def test_the_other_forms_of_output(asker: Asker) -> None:
    as_object = asker.result(asker.submit("sandbox:output=object")).json()
    assert as_object["output"]["content"][0]["type"] == "text"
    as_text = asker.result(asker.submit("sandbox:output=text")).json()
    assert as_text["output"].startswith("You asked:")
    at_top = asker.result(asker.submit("sandbox:output=top")).json()
    assert "output" not in at_top
    assert at_top["content"][0]["text"].startswith("You asked:")


@pytest.mark.parametrize(
    ("words", "error"), [("sandbox:fail", "Inference failed"), ("sandbox:fail=safety", "Content blocked")]
)
def test_a_failure_is_a_422_on_status_and_result_and_free(asker: Asker, words: str, error: str) -> None:
    request_id = asker.submit(words)
    for response in (asker.status(request_id), asker.result(request_id)):
        assert response.status_code == 422
        assert response.json()["status"] == "FAILED"
        assert response.json()["error"].startswith(error)
        assert response.json()["metrics"].keys() == {"inference_time", "queue_time", "total_time"}
    assert (asker.row()["state"], asker.row()["cost"]) == ("unbilled", None)


def test_an_expired_result_was_billed_and_is_gone(asker: Asker) -> None:
    request_id = asker.submit("sandbox:expired")
    for response in (asker.status(request_id), asker.result(request_id)):
        assert (response.status_code, response.json()) == (404, {"error": f"Request {request_id} not found"})
    assert asker.row()["state"] == "billed"


def test_a_stuck_request_is_processed_for_ever(asker: Asker) -> None:
    request_id = asker.submit("sandbox:stuck")
    assert asker.state(request_id) == "PROCESSING"
    assert asker.row()["state"] == "accepted"


def test_another_key_can_not_read_it(asker: Asker) -> None:
    request_id = asker.submit("Hello")
    headers = {"x-api-key": asker.sandbox.new_key()}
    response = httpx.get(f"{asker.sandbox.base_url}/v2/requests/{request_id}", headers=headers)
    assert response.status_code == 404
    nobody = httpx.get(f"{asker.sandbox.base_url}/v2/requests/{request_id}")
    assert nobody.status_code == 401


def test_polling_is_free_and_may_be_repeated(asker: Asker) -> None:
    request_id = asker.submit("Hello")
    first = asker.result(request_id)
    assert asker.result(request_id).content == first.content
    assert asker.balance().json()["credits"] == 24.99929


@pytest.mark.parametrize("place", ["status", "result"])
def test_an_error_can_strike_while_polling(asker: Asker, place: str) -> None:
    request_id = asker.submit(f"sandbox:unavailable=2 sandbox:at={place}")
    poll = getattr(asker, place)
    assert [poll(request_id).status_code for _ in range(3)] == [503, 503, 200]
    other = asker.result if place == "status" else asker.status
    assert other(request_id).status_code == 200


def test_polling_can_be_refused_throttled_and_cut(asker: Asker) -> None:
    assert asker.status(asker.submit("sandbox:unauthorized sandbox:at=status")).status_code == 401
    throttled = asker.status(asker.submit("sandbox:rate=0 sandbox:at=status"))
    assert throttled.status_code == 429
    assert "x-rate-limit-reset-at-utc" in throttled.headers
    asker.sandbox.set_account(asker.key)
    request_id = asker.submit("sandbox:drop=1 sandbox:at=result")
    with pytest.raises(httpx.RemoteProtocolError):
        asker.result(request_id)
    assert asker.result(request_id).status_code == 200


def test_a_malformed_result_leaves_the_status_whole(asker: Asker) -> None:
    request_id = asker.submit("sandbox:malformed")
    assert asker.state(request_id) == "COMPLETED"
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        asker.result(request_id).json()


def test_a_submit_can_be_malformed(asker: Asker) -> None:
    response = asker.ask("sandbox:malformed sandbox:at=submit", version="v2")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        response.json()
    assert asker.row()["state"] == "billed"


def call_begun(seconds_ago: float) -> Call:
    question = read_question(b'{"prompt": "Hello"}', model=MODELS["gpt-4o"], version="v2")
    account = Account("SG_5a00000000000000")
    row = Row(1, 0.0, account.key, "gpt-4o", "v2")
    return Call(account, row, question, {}, 0.0, began_at=time.monotonic() - seconds_ago)


@pytest.mark.parametrize(("seconds_ago", "is_there"), [(3590, True), (3610, False)])
def test_results_are_kept_for_an_hour(seconds_ago: float, is_there: bool) -> None:
    call = call_begun(seconds_ago)
    jobs = Jobs(by_id={call.request_id: Job(call, ended_at=time.monotonic())})
    assert (jobs.find(call.request_id, call.account.key) is not None) == is_there


def test_it_runs_in_process_too() -> None:
    """As `httpx.ASGITransport(Sandbox(0.0))`, where a dropped connection is a ConnectionResetError."""

    async def drive() -> None:
        headers = {"x-api-key": "SG_5a00000000000000"}
        transport = httpx.ASGITransport(Sandbox(0.01))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client:
            submission = (await client.post("/v2/gpt-4o", json={"prompt": "Hello"})).json()
            while (status := (await client.get(submission["status_url"])).json()["status"]) != "COMPLETED":
                assert status in ("QUEUED", "PROCESSING")
                await asyncio.sleep(0)
            with pytest.raises(ConnectionResetError):
                await client.post("/v1/gpt-4o", json={"prompt": "sandbox:drop"})

    asyncio.run(drive())
