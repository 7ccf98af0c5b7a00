"""What a person typed into a search box, as questions to PostgreSQL's full-text search.

grey cat            both words, in any form; the last one may be a beginning
"grey cat"          side by side
cat -dog            without that word
"""

import re
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from django.contrib.postgres.search import Lexeme, SearchQuery, SearchQueryCombinable

LANGUAGES = ("english", "german")
# No stems and no accents, but every word: made by migration 0024.
PLAIN = "parley_plain"
SHORTEST_BEGINNING = 3
TERM = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
# All of ASCII that is no letter and no digit. What else separates words is left to PostgreSQL's parser.
SEPARATORS = re.compile(r"[\x00-/:-@\[-`{-\x7f]+")


@dataclass(frozen=True)
class SearchText:
    """Words that have to be there, the one that may be just a beginning, phrases, and what must not be there."""

    words: tuple[str, ...] = ()
    beginning: str = ""
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "SearchText":
        """Any text can be parsed; one without a word in it can't match."""
        words: list[str] = []
        phrases: list[str] = []
        excluded: list[str] = []
        ends_in_word = False
        for minus, phrase, word in TERM.findall(text):
            found = SEPARATORS.sub(" ", phrase or word).split()
            ends_in_word = bool(found and word and not minus)
            if minus and found:
                excluded.append(" ".join(found))
            elif word:
                words += found
            elif found:
                phrases.append(" ".join(found))
        beginning = words.pop() if ends_in_word and len(words[-1]) >= SHORTEST_BEGINNING else ""
        return cls(tuple(words), beginning, tuple(phrases), tuple(excluded))

    @property
    def can_match(self) -> bool:
        return bool(self.words or self.beginning or self.phrases)

    @property
    def all_words(self) -> list[str]:
        """Each word that a hit may be marked for, once."""
        words = [*self.words, self.beginning, *" ".join(self.phrases).split()]
        return list(dict.fromkeys(word for word in words if word))

    def wanted(self) -> SearchQueryCombinable:
        """As nobody knows the language of a few words, the whole question in each, and once more without any.

        What is too usual to be a word of a language is left out within that only: "war" is so in German.
        """
        words = [*self.words, self.beginning] if self.beginning else list(self.words)
        whole = [self._in_language(config, words) for config in LANGUAGES]
        return reduce(or_, [*whole, self._in_language(PLAIN, list(self.words), beginning=self.beginning)])

    def _in_language(self, config: str, words: list[str], *, beginning: str = "") -> SearchQueryCombinable:
        parts = [SearchQuery(phrase, config=config, search_type="phrase") for phrase in self.phrases]
        if words:
            parts.append(SearchQuery(" ".join(words), config=config))
        if beginning:
            parts.append(SearchQuery(Lexeme(beginning, prefix=True), config=config, search_type="raw"))
        return reduce(and_, parts)

    def unwanted(self) -> SearchQueryCombinable:
        """What must not match; only if something is excluded."""
        configs = (*LANGUAGES, PLAIN)
        return reduce(or_, [SearchQuery(words, config=config) for words in self.excluded for config in configs])


def any_of(word: str, alike: list[str]) -> SearchQueryCombinable:
    """A word as it was typed, or one of those that look like it, which stand so in the index."""
    return reduce(or_, [SearchQuery(word, config=PLAIN), *(SearchQuery(other, config="simple") for other in alike)])
