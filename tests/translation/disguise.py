"""A made-up language: what comes through gettext has wide letters, so that whatever does not stands out."""

import re
import string
from typing import Any

import pytest
from django.utils import translation

from chat.templatetags import everybody

WIDE = {ord(letter): ord(letter) - ord("!") + ord("\N{FULLWIDTH EXCLAMATION MARK}") for letter in string.ascii_letters}
# Gaps to fill, tags and entities stay as they are.
KEPT = re.compile(r"(%(?:\(\w+\))?\d*[a-z%]|\{[^{}]*\}|<[^>]*>|&\w+;)")


def disguised(text: str) -> str:
    parts = KEPT.split(text)
    return "".join(part if kept % 2 else part.translate(WIDE) for kept, part in enumerate(parts))


def speak_in_disguise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the end of the test every text is in the made-up language."""

    def of_one(text: str) -> str:
        return disguised(str(text))

    def of_one_in_context(_context: str, text: str) -> str:
        return disguised(text)

    def of_many(singular: str, plural: str, number: Any) -> str:
        return disguised(singular if number == 1 else plural)

    def of_many_in_context(_context: str, singular: str, plural: str, number: Any) -> str:
        return disguised(singular if number == 1 else plural)

    # What is kept for a language is kept for this one too, and for no other.
    monkeypatch.setattr(everybody, "get_language", lambda: "disguised")
    for name, function in {
        "gettext": of_one,
        "pgettext": of_one_in_context,
        "ngettext": of_many,
        "npgettext": of_many_in_context,
    }.items():
        monkeypatch.setattr(vars(translation)["_trans"], name, function, raising=False)
