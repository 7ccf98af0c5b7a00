"""Segmind's own client drives the stand-in, and is content: it says whether this is faithful, not we."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from segmind import (  # type: ignore[import-untyped]
    ChatResponse,
    InferenceFailed,
    InferenceTimeout,
    SegmindClient,
    SegmindError,
    image_url,
)

from tests.sandbox.catalogue import MODELS, WireFormat
from tests.sandbox.conftest import Asker

SEEDS = ["claude-3-haiku", "claude-3.5-sonnet", "llama-v3-8b-instruct", "llama-v3p1-70b-instruct"]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
STOPPED = {WireFormat.ANTHROPIC: "end_turn", WireFormat.OPENAI: "stop", WireFormat.GEMINI: "STOP"}


@pytest.fixture
def client(asker: Asker) -> Iterator[SegmindClient]:
    client = SegmindClient(api_key=asker.key, base_url=f"{asker.sandbox.base_url}/v1")
    with client._client:
        yield client


@pytest.mark.parametrize("slug", sorted({*SEEDS, "gpt-5.5", "claude-opus-4.7", "gemini-3-pro"}))
@pytest.mark.parametrize("verb", ["chat", "chat_sync"])
def test_every_format_answers_by_both_versions(client: SegmindClient, asker: Asker, slug: str, verb: str) -> None:
    messages = [
        {"role": "user", "content": "Tell me a joke on cats"},
        {"role": "assistant", "content": "Here is a joke about cats…"},
        {"role": "user", "content": "Now a joke on dogs"},
    ]
    reply: ChatResponse = getattr(client, verb)(slug, messages=messages)
    assert "> Now a joke on dogs" in reply.text
    assert slug in reply.text
    assert "3 turns" in reply.text
    assert reply.finish_reason == STOPPED[MODELS[slug].wire_format]
    assert reply.usage is not None
    assert asker.row()["version"] == ("v1" if verb == "chat_sync" else "v2")
    assert asker.row()["cost"] == format(MODELS[slug].cost, "f")


def test_instruction_and_temperature_go_through(client: SegmindClient) -> None:
    reply = client.chat("claude-3-haiku", prompt="Hello", instruction="Be playful", temperature=0.1)
    assert "“Be playful”" in reply.text
    assert "temperature is 0.1" in reply.text


def test_a_handle_shows_the_way_to_the_answer(client: SegmindClient, asker: Asker) -> None:
    job = client.submit_chat("llama-v3-8b-instruct", messages=[{"role": "user", "content": "Hi sandbox:hold"}])
    assert job.request_id == asker.row()["request_id"]
    assert job.status()["status"] == "PROCESSING"
    with pytest.raises(InferenceTimeout):
        job.wait(timeout=0.01, interval=0.01)
    assert asker.sandbox.release(asker.key) == 1
    assert "> Hi sandbox:hold" in job.wait(timeout=5, interval=0.01).text
    assert job.status()["status"] == "COMPLETED"
    assert job.result().raw["object"] == "chat.completion"


def test_a_failed_request_is_its_inference_failed(client: SegmindClient, asker: Asker) -> None:
    with pytest.raises(InferenceFailed) as failure:
        client.chat("claude-3-haiku", prompt="Hello sandbox:fail")
    assert failure.value.detail == "Inference failed: the model could not process the request"
    assert failure.value.status_body["status"] == "FAILED"
    assert "cost" not in failure.value.status_body["metrics"]
    assert asker.row()["state"] == "unbilled"


@pytest.mark.parametrize("verb", ["chat", "chat_sync", "submit_chat"])
def test_no_credits_is_a_406_with_a_message(client: SegmindClient, asker: Asker, verb: str) -> None:
    asker.sandbox.set_account(asker.key, credits="0.0001")
    with pytest.raises(SegmindError) as refusal:
        getattr(client, verb)("gpt-5.5", prompt="Hello")
    assert refusal.value.status == 406
    expected = "Insufficient credits. Your balance is 0.0001 and this request needs 0.044."
    assert refusal.value.detail == expected


def test_a_wrong_key_and_an_unknown_model_are_its_errors(client: SegmindClient, asker: Asker) -> None:
    with pytest.raises(SegmindError) as unknown:
        client.chat_sync("no-such-model", prompt="Hello")
    assert (unknown.value.status, unknown.value.detail) == (404, "Model no-such-model not found")
    stranger = SegmindClient(api_key="SG_0123456789abcdef", base_url=f"{asker.sandbox.base_url}/v1")
    with stranger._client, pytest.raises(SegmindError) as refused:
        stranger.chat("claude-3-haiku", prompt="Hello")
    assert refused.value.status == 401


@pytest.mark.parametrize("form", ["string", "object", "text", "top"])
def test_it_reads_every_form_of_output(client: SegmindClient, form: str) -> None:
    reply = client.chat("claude-3-haiku", prompt=f"Hello sandbox:output={form}")
    assert reply.text.startswith("You asked:\n\n> Hello")


def test_its_image_part_is_accepted(client: SegmindClient, tmp_path: Path) -> None:
    picture = tmp_path / "pixel.png"
    picture.write_bytes(PIXEL)
    content = [{"type": "text", "text": "What is this?"}, image_url(str(picture))]
    reply = client.chat_sync("gpt-5.5", messages=[{"role": "user", "content": content}])
    assert f"1 image(s): image/png, {len(PIXEL)} bytes" in reply.text


def test_structured_output_is_json(client: SegmindClient) -> None:
    reply = client.chat("gpt-5.5", prompt="Invent one person", response_format={"type": "json_object"})
    assert reply.json()["question"] == "Invent one person"


def test_run_and_its_raw_result(client: SegmindClient) -> None:
    """The SDK's general verbs (`run`, `run_sync`) reach chat models too."""
    result = client.run("claude-3-haiku", prompt="Hello")
    assert result["metrics"]["cost"] == pytest.approx(0.00071)
    assert isinstance(result["output"], str)
    assert client.run_sync("claude-3-haiku", prompt="Hello").headers["x-cost"] == "0.00071"
