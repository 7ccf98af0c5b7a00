"""The German catalogue: a text file that people edit, and next to it the compiled one that Django reads."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tests.translation.sources import TREE, Said

LANGUAGE = "de"
TEXT_FILE = TREE / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
COMPILED_FILE = TEXT_FILE.with_suffix(".mo")
# Nothing that changes by the day, which would only be in the way of merging.
HEADER = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: de\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
# What a translation has to keep of its original: gaps to fill and tags.
KEPT = re.compile(r"%\(\w+\)|\{\w*\}|</?[a-z-]+")


def read(path: Path = TEXT_FILE) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def bring_up_to_date(old: Catalog, texts: list[Said]) -> Catalog:
    """A catalogue of just these texts, with the translations that `old` has of them."""
    new = Catalog(locale=LANGUAGE, header_comment=old.header_comment)
    for said in sorted(texts, key=lambda said: (said.singular.casefold(), said.singular, said.path)):
        original = (said.singular, said.plural) if said.plural else said.singular
        known = old.get(said.singular, said.context)
        translated = known.string if known and known.pluralizable == bool(said.plural) else None
        # Without the number of its line.
        place: Any = (said.path, None)
        new.add(original, translated, [place], context=said.context, flags=known.flags if known else ())
    return new


def write(catalogue: Catalog) -> None:
    with TEXT_FILE.open("wb") as file:
        file.write(f"{catalogue.header_comment}\n{HEADER}".encode())
        write_po(file, catalogue, width=120, omit_header=True)
    compiled = read()
    # It goes into the header, and would be the time of day.
    compiled.creation_date = datetime(2026, 11, 21, tzinfo=UTC)
    with COMPILED_FILE.open("wb") as file:
        write_mo(file, compiled)


def complaints(catalogue: Catalog, texts: list[Said]) -> Iterator[str]:
    """What is wrong with a catalogue of these texts, a line each."""
    said = {(text.singular, text.context) for text in texts}
    known = {(forms(message.id)[0], message.context) for message in entries(catalogue)}
    yield from (f"not in the catalogue: {singular!r}" for singular, _ in sorted(said - known, key=str))
    yield from (f"said nowhere any more: {singular!r}" for singular, _ in sorted(known - said, key=str))
    yield from (f"said nowhere any more: {message.id!r}" for message in catalogue.obsolete.values())
    for message in entries(catalogue):
        yield from (f"{fault}: {message.id!r}" for fault in faults(message, catalogue))


def entries(catalogue: Catalog) -> list[Message]:
    """All but the header."""
    return [message for message in catalogue if message.id]


def forms(texts: str | Sequence[str] | None) -> list[str]:
    """Singular and plural, or the one form that there is."""
    return [texts or ""] if isinstance(texts, str | None) else list(texts)


def faults(message: Message, catalogue: Catalog) -> Iterator[str]:
    originals, translations = forms(message.id), forms(message.string)
    if message.fuzzy:
        yield "fuzzy"
    if message.pluralizable and len(translations) != catalogue.num_plurals:
        yield f"not {catalogue.num_plurals} forms"
    if not all(translations):
        yield "not translated"
        return
    yield from (str(error) for error in message.check(catalogue))
    # A form for a single thing may say "one" instead of a number.
    gaps = [Counter(KEPT.findall(text)) for text in originals]
    if any(Counter(KEPT.findall(text)) not in gaps for text in translations):
        yield "other gaps or tags"
    if any(edges(text) != edges(originals[-1]) for text in translations):
        yield "other space or line breaks at its ends"


def edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
