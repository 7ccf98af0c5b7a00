"""Where the hits are in a text, for showing them. Everything here is plain text; templates escape it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from chat.search.query import LANGUAGES, PLAIN, SearchText

WORD = re.compile(r"[^\W_]+")
# What Markdown is made of, where it only stands in the way of reading.
SYNTAX = re.compile(r"\*\*|__|~~|`+|^#{1,6} |^> ?", re.MULTILINE)
SNIPPET_CHARACTERS = 220
BEFORE_CHARACTERS = 60
# A stem keeps the beginning of its word, so the database is asked about few words only.
HEAD_LETTERS = 2
SAME_WORD = " OR ".join(
    f"to_tsvector('{config}', candidate) @@ plainto_tsquery('{config}', word)" for config in (*LANGUAGES, PLAIN)
)
MATCHING = f"""
    SELECT candidate FROM unnest(%(candidates)s::text[]) candidate
    WHERE EXISTS (SELECT FROM unnest(%(words)s::text[]) word WHERE {SAME_WORD})
    OR to_tsvector('{PLAIN}', candidate) @@ to_tsquery('{PLAIN}', %(beginning)s)
"""


@dataclass(frozen=True)
class Piece:
    """A part of a text that is shown."""

    text: str
    is_hit: bool = False


def words_to_mark(texts: Iterable[str], text: SearchText, alike: list[str]) -> frozenset[str]:
    """The words of `texts`, in lower case, that the search has matched. One query."""
    wanted = [*text.all_words, *alike]
    heads = {folded(word)[:HEAD_LETTERS] for word in wanted}
    words = {word.lower() for shown in texts for word in WORD.findall(shown)}
    candidates = [word for word in words if folded(word[:HEAD_LETTERS])[:HEAD_LETTERS] in heads]
    if not candidates:
        return frozenset()
    beginning = f"'{text.beginning}':*" if text.beginning else ""
    with connection.cursor() as cursor:
        cursor.execute(MATCHING, {"candidates": candidates, "words": wanted, "beginning": beginning})
        return frozenset(row[0] for row in cursor.fetchall())


def folded(word: str) -> str:
    """Without case and accents."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(letter)
    )


def marked(text: str, words: frozenset[str]) -> list[Piece]:
    """The whole text in pieces, of which these words are hits."""
    pieces, end = [], 0
    for found in WORD.finditer(text):
        if found[0].lower() in words:
            pieces += [Piece(text[end : found.start()]), Piece(found[0], is_hit=True)]
            end = found.end()
    return [piece for piece in [*pieces, Piece(text[end:])] if piece.text]


def snippet(text: str, words: frozenset[str]) -> list[Piece]:
    """The part of the text with the most different hits in it, on one line; its beginning if there is none."""
    line = " ".join(SYNTAX.sub("", text).split())
    begin = max(0, best_place(line, words) - BEFORE_CHARACTERS)
    if begin:
        begin = line.find(" ", begin, begin + BEFORE_CHARACTERS // 2) + 1 or begin
    shown = line[begin : begin + SNIPPET_CHARACTERS]
    before, after = "…" if begin else "", "…" if begin + SNIPPET_CHARACTERS < len(line) else ""
    return marked(f"{before}{shown}{after}", words)


def best_place(line: str, words: frozenset[str]) -> int:
    """Where the hit stands after which most others follow within a snippet, in characters."""
    places = [(found.start(), found[0].lower()) for found in WORD.finditer(line) if found[0].lower() in words]
    best, most, last = 0, 0, 0
    for first, (begin, _) in enumerate(places):
        while last < len(places) and places[last][0] < begin + SNIPPET_CHARACTERS - BEFORE_CHARACTERS:
            last += 1
        different = len({word for _, word in places[first : min(last, first + 50)]})
        if different > most:
            best, most = begin, different
    return best
