"""What is answered: what was asked, what pages can render, and what they must survive."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.conftest import Asker
from tests.sandbox.faults import amount, words_in


def text_of(answer: dict[str, Any]) -> str:
    return "".join(part["text"] for part in answer["content"])


def test_an_answer_repeats_what_it_was_asked(asker: Asker) -> None:
    messages = [
        {"role": "user", "content": "First"},
        {"role": "assistant", "content": "Answer"},
        {"role": "user", "content": "Second\nline"},
    ]
    body = {"messages": messages, "instruction": "Be kind", "temperature": 0.25}
    text = text_of(asker.send(body).json())
    assert text == (
        "You asked:\n\n> Second\n> line\n\nI am **claude-3-haiku**, by way of v1, and have seen 3 turns. "
        "My instruction is “Be kind”. My temperature is 0.25."
    )


@pytest.mark.parametrize(
    ("word", "mark"),
    [("code", "```python\n"), ("table", "| Planet |"), ("Lists", "   - gather"), ("math", "$$\n\\int")],
)
def test_a_word_brings_what_it_names(asker: Asker, word: str, mark: str) -> None:
    assert mark in text_of(asker.ask(f"Show me {word}, please").json())
    assert mark not in text_of(asker.ask("Show me nothing").json())


def test_tokens_follow_the_length_of_the_text(asker: Asker) -> None:
    short, long = (asker.ask(prompt).json()["usage"] for prompt in ("Hello", "Hello " * 200))
    assert short["input_tokens"] == 2
    assert long["input_tokens"] == 301
    assert short["output_tokens"] > 10


def reason_and_text(answer: dict[str, Any]) -> tuple[str, object]:
    if "choices" in answer:
        return answer["choices"][0]["finish_reason"], answer["choices"][0]["message"]["content"]
    if "candidates" in answer:
        return answer["candidates"][0]["finishReason"], answer["candidates"][0].get("content")
    return answer["stop_reason"], text_of(answer)


STOPS = {
    "claude-3-haiku": {"length": "max_tokens", "filtered": "refusal", "empty": "end_turn"},
    "gpt-4o": {"length": "length", "filtered": "content_filter", "empty": "stop"},
    "gemini-3-pro": {"length": "MAX_TOKENS", "filtered": "SAFETY", "empty": "STOP"},
}


@pytest.mark.parametrize(("slug", "word"), [(slug, word) for slug, words in STOPS.items() for word in words])
def test_why_it_stopped_is_said_in_each_format(asker: Asker, slug: str, word: str) -> None:
    answer = asker.ask(f"sandbox:{word}", slug=slug).json()
    reason, text = reason_and_text(answer)
    assert reason == STOPS[slug][word]
    assert bool(text) == (word == "length")
    assert asker.row()["state"] == "billed"


def test_a_text_may_come_in_parts(asker: Asker) -> None:
    whole = text_of(asker.ask("Hello").json())
    parts = asker.ask("Hello", slug="claude-3.5-sonnet").json()["content"]
    assert len(parts) == 1
    assert len(asker.ask("sandbox:parts").json()["content"]) == 2
    openai = asker.ask("sandbox:parts", slug="gpt-4o").json()["choices"][0]["message"]["content"]
    assert "".join(part["text"] for part in openai).startswith(whole[:10])
    gemini = asker.ask("sandbox:parts", slug="gemini-3-pro").json()["candidates"][0]["content"]["parts"]
    assert len(gemini) == 2


def test_a_model_may_answer_in_anothers_format(asker: Asker) -> None:
    assert "choices" in asker.ask("sandbox:as=openai").json()
    assert "candidates" in asker.ask("sandbox:as=gemini").json()


def test_a_long_answer_is_as_long_as_wanted(asker: Asker) -> None:
    text = text_of(asker.ask("sandbox:long=300").json())
    assert 300 * 1024 <= len(text) < 310 * 1024


def test_a_hostile_answer_has_every_trick(asker: Asker) -> None:
    text = text_of(asker.ask("sandbox:hostile").json())
    for trick in (
        "<script>",
        "onerror=",
        "hx-get=",
        "https://evil.example/remote.png",
        "javascript:",
        "<style>",
        "<!--",
    ):
        assert trick in text


def test_odd_characters_come_escaped_in_json(asker: Asker) -> None:
    response = asker.ask("sandbox:surrogates")
    assert rb"\u0000" in response.content
    assert rb"\ud800" in response.content


@given(st.text())
def test_any_text_has_words_or_none(text: str) -> None:
    assert all(name and isinstance(value, str) for name, value in words_in(text).items())


def test_words_are_found_anywhere_and_combine() -> None:
    text = "Please sandbox:rate=5, then (sandbox:drop=half) or\nsandbox:nan=-1 and sandbox:credits."
    assert words_in(text) == {"rate": "5", "drop": "half", "nan": "-1", "credits": ""}


@pytest.mark.parametrize(
    ("value", "seconds"), [("2.5", 2.5), ("-1", 0), ("nan", 7), ("1e9", 3600), ("soon", 7), ("", 7)]
)
def test_an_amount_is_a_sane_number(value: str, seconds: float) -> None:
    assert amount({"latency": value}, "latency", 7) == seconds
