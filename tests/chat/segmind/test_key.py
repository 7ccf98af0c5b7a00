import copy
import json
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.segmind import KeyValue
from chat.segmind.key import MASKED, PIECE_CHARACTERS
from tests.chat.segmind.wire import KEY, KEY_TEXT

keys = st.from_regex(r"SG_[0-9a-f]{16}", fullmatch=True)


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r:>30}".format, lambda key: "%s" % key])  # noqa: UP031
def test_a_key_does_not_show_itself(show: Callable[[KeyValue], str]) -> None:
    assert KEY_TEXT[3:] not in show(KEY)


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_a_key_is_not_written_down(write: Callable[[KeyValue], object]) -> None:
    with pytest.raises(TypeError) as caught:
        write(KEY)
    assert KEY_TEXT not in str(caught.value)


def test_json_that_falls_back_to_str_writes_no_key() -> None:
    assert KEY_TEXT not in json.dumps({"key": KEY}, default=str)


def test_a_key_is_revealed_when_asked() -> None:
    assert KeyValue("SG_0").reveal() == "SG_0"


def test_keys_are_equal_by_value_and_to_nothing_else() -> None:
    assert KeyValue(KEY_TEXT) == KEY
    assert KeyValue(KEY_TEXT + "0") != KEY
    assert KeyValue("\ud800ä") != KEY
    assert KEY_TEXT != KEY


def test_only_a_text_is_a_key() -> None:
    with pytest.raises(TypeError):
        KeyValue(b"SG_0")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["", "SG_\n", "SG_ 1", "SG_\x7f", "clé", "x" * 513])
def test_what_no_header_can_carry_is_not_sendable(value: str) -> None:
    assert not KeyValue(value).is_sendable
    assert KEY.is_sendable


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"Invalid key {KEY_TEXT}.", f"Invalid key {MASKED}."),
        (f"key={KEY_TEXT.upper()}&x", f"key={MASKED}&x"),
        (f"{KEY_TEXT[:12]}…", f"{MASKED}…"),
        (f"…{KEY_TEXT[-8:]}", f"…{MASKED}"),
        (f"{KEY_TEXT}{KEY_TEXT}", MASKED * 2),
        (f"İ {KEY_TEXT}", f"İ {MASKED}"),
        (KEY_TEXT[:7], KEY_TEXT[:7]),
        ("nothing here", "nothing here"),
        ("", ""),
    ],
)
def test_the_key_and_its_long_pieces_are_masked(text: str, masked: str) -> None:
    assert KEY.mask(text) == masked


def test_a_short_key_is_masked_whole() -> None:
    assert KeyValue("abc").mask("xabcx") == f"x{MASKED}x"
    assert KeyValue("").mask("x") == "x"


@given(keys, st.data())
def test_no_piece_of_a_key_is_left(value: str, data: st.DataObject) -> None:
    cut = st.integers(0, len(value))
    parts = data.draw(
        st.lists(st.text(max_size=5) | st.tuples(cut, cut).map(lambda ends: value[min(ends) : max(ends)]))
    )
    masked = KeyValue(value).mask("".join(parts))
    pieces = [value[start : start + PIECE_CHARACTERS] for start in range(len(value) - PIECE_CHARACTERS + 1)]
    assert not [piece for piece in pieces if piece in masked]
