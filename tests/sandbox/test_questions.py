"""What the stand-in refuses: every rule of the contract about a request, one by one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.catalogue import MODELS, Model
from tests.sandbox.conftest import Asker
from tests.sandbox.questions import conversation_digest, read_question
from tests.sandbox.refusals import Refusal

HAIKU, GPT, LLAMA = "claude-3-haiku", "gpt-4o", "llama-v3-8b-instruct"
USER = {"role": "user", "content": "Hello"}
ASSISTANT = {"role": "assistant", "content": "Hi"}
SYSTEM = {"role": "system", "content": "Be brief"}
BASE64_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}}
IMAGE_URL = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}}
TEXT = {"type": "text", "text": "What is this?"}


def talk(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"messages": list(messages), **fields}


def said(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def image(**changes: object) -> dict[str, Any]:
    return {"type": "image", "source": {**BASE64_IMAGE["source"], **changes}}  # type: ignore[dict-item]


ACCEPTED = [
    (HAIKU, talk(USER)),
    (HAIKU, talk(USER, ASSISTANT, USER, instruction="Be brief", temperature=0)),
    (HAIKU, talk(USER, temperature=1)),
    (HAIKU, talk(said(TEXT, BASE64_IMAGE))),
    (HAIKU, talk(said(BASE64_IMAGE))),
    (HAIKU, {"prompt": "Hello"}),
    (GPT, talk(SYSTEM, USER, temperature=1.5)),
    (GPT, talk(ASSISTANT, USER, USER)),
    (GPT, talk(said(TEXT, IMAGE_URL))),
    (GPT, talk(said({"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}))),
    (LLAMA, talk(SYSTEM, USER, ASSISTANT, USER)),
    ("gemini-3-pro", talk(SYSTEM, USER, temperature=0.5)),
]
REFUSED = [
    (HAIKU, [], "JSON object"),
    (HAIKU, {}, "'messages' is required"),
    (HAIKU, talk(), "at least one"),
    (HAIKU, {"messages": "Hello"}, "'messages' is required"),
    (HAIKU, {"prompt": "Hello", "messages": [USER]}, "not both"),
    (HAIKU, {"prompt": ""}, "must not be empty"),
    (HAIKU, talk(USER, stream=True), "Unknown parameter for claude-3-haiku: 'stream'"),
    (HAIKU, talk(SYSTEM, USER), "must be one of: assistant, user"),
    (HAIKU, talk({"role": "tool", "content": "x"}), "must be one of"),
    (HAIKU, talk({"role": ["user"], "content": "x"}), "must be one of"),
    (HAIKU, talk("Hello"), "messages[0] must be an object"),
    (HAIKU, talk({"role": "user"}), "messages[0] must be an object"),
    (HAIKU, talk({**USER, "name": "alice"}), "nothing else"),
    (HAIKU, talk(USER, USER), "alternate"),
    (HAIKU, talk(ASSISTANT, USER), "first message"),
    (HAIKU, talk(USER, ASSISTANT), "last message"),
    (HAIKU, talk({"role": "user", "content": " \n"}), "must not be empty"),
    (HAIKU, talk(USER, {"role": "assistant", "content": ""}, USER), "messages[1].content must not be empty"),
    (HAIKU, talk({"role": "user", "content": None}), "string or a list"),
    (HAIKU, talk({"role": "user", "content": []}), "string or a list"),
    (HAIKU, talk(said("Hello")), "must be an object"),
    (HAIKU, talk(said({"type": "text", "text": ""})), "not empty"),
    (HAIKU, talk(said(IMAGE_URL)), "'source'"),
    (HAIKU, talk(said(image(type="url"))), "type 'base64'"),
    (HAIKU, talk(said(image(media_type="text/html"))), "media type"),
    (HAIKU, talk(said(image(data="not base64!"))), "not valid base64"),
    (HAIKU, talk(said(image(data=""))), "between 1 and"),
    (HAIKU, talk(USER, {"role": "assistant", "content": [BASE64_IMAGE]}, USER), "takes only text here"),
    (HAIKU, talk(USER, instruction=["Be brief"]), "must be a string"),
    (HAIKU, talk(USER, temperature="0.5"), "must be a number"),
    (HAIKU, talk(USER, temperature=True), "must be a number"),
    (GPT, talk(USER, instruction="Be brief"), "Unknown parameter for gpt-4o: 'instruction'"),
    (GPT, talk(USER, SYSTEM, USER), "may only come first"),
    (GPT, talk(SYSTEM), "last message"),
    (GPT, talk(USER, ASSISTANT), "last message"),
    (GPT, talk(said(BASE64_IMAGE)), "'image_url'"),
    (GPT, talk(said({"type": "image_url", "image_url": {"url": "http://example.org/cat.png"}})), "data: URL"),
    (GPT, talk(said({"type": "image_url", "image_url": "data:image/png;base64,aGVsbG8="})), "'image_url'"),
    (LLAMA, talk(USER, temperature=0.5), "Unknown parameter for llama-v3-8b-instruct: 'temperature'"),
    (LLAMA, talk(said(TEXT, IMAGE_URL)), "takes only text here"),
]


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("slug", "body"), ACCEPTED)
def test_what_the_contract_allows_is_answered(asker: Asker, slug: str, body: object, version: str) -> None:
    assert asker.send(body, slug=slug, version=version).status_code == 200
    assert asker.row()["state"] == "billed"


@pytest.mark.parametrize(("slug", "body", "reason"), REFUSED)
def test_what_it_does_not_allow_is_a_400_and_free(asker: Asker, slug: str, body: object, reason: str) -> None:
    response = asker.send(body, slug=slug)
    assert response.status_code == 400
    assert reason in response.json()["error"]
    assert (asker.row()["state"], asker.row()["status"], asker.row()["cost"]) == ("refused", 400, None)


@pytest.mark.parametrize(("slug", "temperature"), [(HAIKU, 1.01), (HAIKU, -0.1), (GPT, 2.1)])
def test_a_temperature_out_of_range_is_a_value_refused(asker: Asker, slug: str, temperature: float) -> None:
    response = asker.send(talk(USER, temperature=temperature), slug=slug)
    assert response.status_code == 406
    assert response.json()["error"].startswith("Invalid value for parameter 'temperature': ")


@pytest.mark.parametrize("body", [b"", b"{", b'{"prompt": NaN}', b"\xff\xfe", b'{"prompt": "\xff"}', b"[" * 200_000])
def test_what_is_no_json_is_a_400(asker: Asker, body: bytes) -> None:
    response = asker.client.post(f"/v1/{HAIKU}", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert "not valid JSON" in response.json()["error"]


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_a_wrong_content_type_is_a_406_of_its_own(asker: Asker, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    response = asker.client.post(f"/v1/{HAIKU}", content=b'{"prompt": "Hello"}', headers=headers)
    assert (response.status_code, response.json()) == (406, {"error": "Invalid content type"})


def test_a_content_type_with_a_charset_is_json(asker: Asker) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    assert asker.client.post(f"/v1/{HAIKU}", content=b'{"prompt": "Hello"}', headers=headers).status_code == 200


def test_two_equal_conversations_have_one_digest_and_others_not() -> None:
    body = b'{"instruction": "Be brief", "messages": [{"role": "user", "content": "Hello"}]}'
    question = read_question(body, model=MODELS[HAIKU], version="v1")
    assert question.digest == conversation_digest("Be brief", [("user", "Hello")])
    assert question.digest != conversation_digest("", [("user", "Hello")])
    assert question.digest != conversation_digest("Be brief", [("assistant", "Hello")])


def test_a_system_message_is_the_instruction_and_no_turn() -> None:
    body = b'{"messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hello"}]}'
    question = read_question(body, model=MODELS[LLAMA], version="v1")
    assert (question.instruction, question.turns) == ("Be brief", 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["user", "assistant", "text"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["messages", "role", "content", "type", "text", "image_url", "source"]), inner
        )
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from(list(MODELS.values())))
def test_no_body_of_any_shape_breaks_the_reader(body: Any, model: Model) -> None:
    try:
        question = read_question(json.dumps(body).encode(), model=model, version="v1")
    except Refusal as refusal:
        status = refusal.response.status
    else:
        status = 200
        assert question.turns >= 1
    assert status in (200, 400, 406)
