"""Any text is a search, and none breaks it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.search.hits import Filters, search
from chat.search.query import SearchText

# What means something to a tsquery, to SQL, to HTML or to us, in odd company.
ODD_PIECES = ["cat", "-", '"', "'", "''", "\\", "&", "|", "!", ":*", "(", ")", "<->", "%", "\0", " ", "é", "日本"]
ODD = st.lists(st.sampled_from(ODD_PIECES))


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("grey cat", SearchText(words=("grey",), beginning="cat")),
        ("ca", SearchText(words=("ca",))),
        ('"grey cat" dog', SearchText(beginning="dog", phrases=("grey cat",))),
        ('dog "grey cat', SearchText(words=("dog",), phrases=("grey cat",))),
        ("cat -dog", SearchText(words=("cat",), excluded=("dog",))),
        ('cat -"grey dog"', SearchText(words=("cat",), excluded=("grey dog",))),
        ("chat/models.py", SearchText(words=("chat", "models", "py"))),
        ("-", SearchText()),
        ("", SearchText()),
        ('"" - -"" ...', SearchText()),
    ],
)
def test_what_is_meant(text, parsed):
    assert SearchText.parse(text) == parsed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=st.one_of(st.text(max_size=40), ODD.map("".join)))
def test_any_text_can_be_looked_for(alice, text):
    assert search(alice, SearchText.parse(text), Filters()).groups == []


def test_ten_thousand_characters_are_a_search_too(alice):
    for text in ("a" * 10_000, "word " * 2000, '"' * 10_000, "-x " * 3000):
        assert search(alice, SearchText.parse(text), Filters()).groups == []
