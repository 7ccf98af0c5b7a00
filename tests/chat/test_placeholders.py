"""What a saved prompt asks for, and what becomes of it: no text is lost, whatever stands in braces."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.placeholders import LONGEST_NAME, Variable, outline

names = st.text(string.ascii_letters, min_size=1, max_size=LONGEST_NAME)
plain = st.text().filter(lambda text: "{" not in text and "}" not in text)
defaults = st.text(string.ascii_letters + " .,/", max_size=20).map(str.strip)
# All that could be taken for a placeholder, whole and broken.
noise = st.lists(st.sampled_from(["{", "}", "{{", "}}", "=", "a", "topic", " ", "\n", "é", "{{x}}", "{{x=y}}"])).map(
    "".join
)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("Write about {{topic}}.", [Variable("topic")]),
        ("{{ topic }} and {{topic}}", [Variable("topic")]),
        ("In a {{tone=friendly}} tone", [Variable("tone", "friendly")]),
        ("{{tone}} {{tone=friendly}} {{tone=stern}}", [Variable("tone", "friendly")]),
        ("{{Wer auch  immer}} für {{größe}}", [Variable("Wer auch immer"), Variable("größe")]),
        ("{{due-date}} {{line_2}}", [Variable("due-date"), Variable("line_2")]),
        ("{{}} {{ }} {topic} {{2x}} {{a.b}} {{a|b}} {{a\nb}} {% x %} {{a=b\nc}}", []),
        ("{{" + "x" * (LONGEST_NAME + 1) + "}}", []),
    ],
)
def test_what_is_a_variable_and_what_is_text(text, variables):
    assert list(outline(text).variables) == variables


def test_a_value_wins_over_the_default_and_without_both_the_place_stays_to_be_seen():
    prompt = outline("{{a}} {{b=B}} {{a}} {{c}}")
    assert prompt.filled({"a": "1", "b": ""}) == "1 B 1 {{c}}"
    assert prompt.filled({"b": "2", "c": "{{a}}"}) == "{{a}} 2 {{a}} {{a}}"


@given(noise | plain)
def test_what_is_no_variable_is_left_as_it_is(text):
    found = outline(text)
    assert found.variables or found.filled({"a": "1", "topic": "2"}) == text
    assert all(part in text for part in found.parts if isinstance(part, str))


@given(st.lists(st.tuples(plain, names, defaults), max_size=6), plain)
def test_every_value_comes_to_its_place_and_all_else_stays(pieces, end):
    text = "".join(f"{before}{{{{{name}={default}}}}}" for before, name, default in pieces) + end
    values = {name: f"<{name}>" for _, name, _ in pieces}
    assert outline(text).filled(values) == "".join(f"{before}<{name}>" for before, name, _ in pieces) + end


@given(st.lists(st.tuples(plain, names), max_size=6))
def test_numbers_in_the_parts_are_those_of_the_variables(pieces):
    found = outline("".join(f"{before}{{{{{name}}}}}" for before, name in pieces))
    asked = [found.variables[part].name for part in found.parts if isinstance(part, int)]
    assert asked == [name for _, name in pieces]
    assert len(set(found.variables)) == len({name for _, name in pieces})


@pytest.mark.parametrize("nasty", ["{{a ", "{{a=", "{{", "{{a}", "{{a b ", "{{ "])
def test_a_long_text_is_taken_apart_in_linear_time(nasty):
    assert outline(nasty * 20_000).filled({}) == nasty * 20_000
