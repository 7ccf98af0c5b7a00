"""A model's words in any provider's JSON, and in all forms of a v2 output."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.segmind.providers import Said, said_in
from tests.chat.segmind.wire import ANTHROPIC, GEMINI, OPENAI, result

PROVIDERS = {"anthropic": (ANTHROPIC, "end_turn"), "openai": (OPENAI, "stop"), "gemini": (GEMINI, "STOP")}
OUTPUTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "top": lambda answer: answer,
    "string": lambda answer: result(json.dumps(answer)),
    "object": result,
    "none": lambda answer: {"status": "COMPLETED", "output": None} | answer,
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
# The names that matter, with values that don't fit.
names = st.sampled_from(
    [
        "choices",
        "message",
        "content",
        "text",
        "type",
        "candidates",
        "parts",
        "promptFeedback",
        "usage",
        "output",
        "error",
    ]
)
look_alikes = st.recursive(
    json_values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5), max_leaves=20
)


@pytest.mark.parametrize("form", OUTPUTS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_provider_is_understood_in_each_form(provider: str, form: str) -> None:
    answer, stop_reason = PROVIDERS[provider]
    said = said_in(OUTPUTS[form](answer))
    assert said == Said("Hi!", stop_reason, 56, 31)
    assert said is not None
    assert said.provider == provider


@pytest.mark.parametrize(
    "text", ["Hi!", "", "42", "true", '"quoted"', "[1, 2]", '{"name": "Ada"}', "{broken", "[" * 100_000, "NaN"]
)
def test_an_output_that_is_no_providers_json_is_plain_text(text: str) -> None:
    said = said_in(result(text))
    assert said == Said(text)
    assert said is not None
    assert said.provider == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"content": [], "stop_reason": "refusal"}, Said("", "refusal")),
        ({"content": [{"type": "tool_use"}, 7, {"type": "text", "text": 7}]}, Said("")),
        ({"choices": []}, Said("")),
        ({"choices": [{"message": {"content": None}, "finish_reason": "content_filter"}]}, Said("", "content_filter")),
        ({"choices": [{"message": {}, "finish_reason": 7}]}, Said("")),
        ({"candidates": []}, Said("")),
        ({"candidates": [{"finishReason": "SAFETY"}]}, Said("", "SAFETY")),
        ({"promptFeedback": {"blockReason": "OTHER"}}, Said("", "OTHER")),
    ],
)
def test_an_answer_without_text_is_an_answer(answer: Any, said: Said) -> None:
    assert said_in(answer) == said


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "a"}, {"text": "b"}, {"type": "image_url"}, "c", None], "ab"),
        ([{"type": ["text"], "text": "a"}], ""),
        ({"text": "a"}, ""),
        (7, ""),
    ],
)
def test_openai_may_answer_in_parts(content: Any, text: str) -> None:
    assert said_in({"choices": [{"message": {"content": content}}]}) == Said(text)


def test_thoughts_are_not_shown() -> None:
    parts = [{"text": "Hmm.", "thought": True}, {"text": "Hi!"}]
    assert said_in({"candidates": [{"content": {"parts": parts}}]}) == Said("Hi!")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"choices": "Hi!"},
        {"choices": ["Hi!"]},
        {"choices": [{"text": "Hi!"}]},
        {"content": "Hi!"},
        {"candidates": {}},
        {"output": ["Hi!"]},
        {"output": {"text": "Hi!"}},
        {"output": None},
        {"output": '{"error": {"message": "overloaded"}}'},
        {"error": "no"},
    ],
)
def test_what_is_no_answer_is_none(answer: Any) -> None:
    assert said_in(answer) is None


@pytest.mark.parametrize("usage", [None, [], "56", {"input_tokens": "56", "output_tokens": True}, {"input_tokens": -1}])
def test_odd_token_counts_are_not_known(usage: Any) -> None:
    assert said_in(ANTHROPIC | {"usage": usage}) == Said("Hi!", "end_turn", None, None)


@given(st.lists(st.text(), min_size=1), st.sampled_from(list(OUTPUTS)))
def test_the_text_of_any_answer_is_found(parts: list[str], form: str) -> None:
    answers: list[dict[str, Any]] = [
        {"content": [{"type": "text", "text": part} for part in parts]},
        {"choices": [{"message": {"content": "".join(parts)}}]},
        {"choices": [{"message": {"content": [{"type": "text", "text": part} for part in parts]}}]},
        {"candidates": [{"content": {"parts": [{"text": part} for part in parts]}}]},
    ]
    assert {said_in(OUTPUTS[form](answer)) for answer in answers} == {Said("".join(parts))}


@given(st.dictionaries(names, look_alikes))
def test_any_json_is_an_answer_or_none(body: dict[str, Any]) -> None:
    said = said_in(body)
    assert said is None or isinstance(said.text, str)


@given(json_values)
def test_any_json_as_output_is_an_answer_or_none(output: Any) -> None:
    for form in (output, json.dumps(output)):
        said = said_in(result(form))
        assert said is None or isinstance(said.text, str)
