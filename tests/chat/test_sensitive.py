"""What looks private is found, masked one by one, and nothing else is touched; in time that grows with the text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.sensitive import MASKS, Kind, masked, spans_in

PRIVATE = {
    "SG_5a0123456789abcd": Kind.KEY,
    "sk-proj-abcdefgh12345678": Kind.KEY,
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a": Kind.KEY,
    "AKIAIOSFODNN7EXAMPLE": Kind.KEY,
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": Kind.KEY,
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b": Kind.KEY,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N": Kind.KEY,
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----": Kind.KEY,
    "alice@example.com": Kind.MAIL,
    "b.c+d@mail.example.co.uk": Kind.MAIL,
    "jürgen@bücher.example": Kind.MAIL,
    "+49 151 12345678": Kind.PHONE,
    "(555) 123-4567": Kind.PHONE,
    "555-123-4567": Kind.PHONE,
    "030 1234567": Kind.PHONE,
}
HARMLESS = """
2024-11-21 10:30 · 01.02.2024 · 192.168.100.200 · 1,234,567.89 · 2147483648 · 3.14159265358979 · version 1.2.3.4
/usr/local/lib/python3.13/site-packages/Django/Core · a-long-slug-of-many-words-2024-in-an-address · task-management
user@ · @someone · sk-learn · SG_ · https://example.com/docs/Getting-Started/Install
SupercalifragilisticExpialidocious
"""
SLOW = [
    "a",
    "a@",
    "sk-",
    "0 ",
    "+1",
    "(0",
    "1-",
    "aB1",
    "a.",
    "eyJ.",
    "%@",
    "-----BEGIN PRIVATE KEY-----",
    "0   ",
    "&#48;",
    "\\-",
]


@pytest.mark.parametrize(("value", "kind"), PRIVATE.items())
@pytest.mark.parametrize("around", ["{}", "It is {}, I think.", "`{}`", "({})", '"{}"\n'])
def test_it_is_found_wherever_it_stands(value: str, kind: Kind, around: str) -> None:
    spans = spans_in(around.format(value))
    assert [(span.kind, span.value) for span in spans] == [(kind, value)]


def test_what_only_resembles_it_is_left_alone() -> None:
    assert spans_in(HARMLESS) == []


@pytest.mark.parametrize(
    "written", ["alice&#64;example.com", "&#x61;lice&commat;example&#46;com", r"alice\@example\.com"]
)
def test_what_readers_will_see_counts_and_not_how_it_is_written(written: str) -> None:
    assert [(span.kind, span.value) for span in spans_in(f"It is {written}, I think.")] == [(Kind.MAIL, written)]
    assert masked(f"&amp; {written} &lt;") == f"&amp; {MASKS[Kind.MAIL]} &lt;"


PARTS = st.lists(st.one_of(st.sampled_from(list(PRIVATE)), st.text(max_size=30), st.sampled_from(SLOW)), max_size=12)


@given(PARTS)
def test_masking_takes_out_what_was_found_and_touches_nothing_else(parts: list[str]) -> None:
    text = " ".join(parts)
    spans = spans_in(text)
    position, expected = 0, ""
    for span in spans:
        assert position <= span.start < span.end
        assert text[span.start : span.end] == span.value
        expected += text[position : span.start] + str(MASKS[span.kind])
        position = span.end
    assert masked(text) == expected + text[position:]
    assert masked(text, but={span.digest for span in spans}) == text


@given(PARTS, st.integers(0, 10))
def test_one_by_one(parts: list[str], number: int) -> None:
    text = " ".join(parts)
    digests = list({span.digest: None for span in spans_in(text)})
    kept = set(digests[:number])
    values = {span.value for span in spans_in(text) if span.digest in kept}
    assert all(value in masked(text, but=kept) for value in values)


@pytest.mark.parametrize("unit", SLOW)
def test_the_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    """The longest message there can be."""
    text = (unit * (400_000 // len(unit) + 1))[:400_000]
    started = time.thread_time()
    masked(text)
    assert time.thread_time() - started < 3
