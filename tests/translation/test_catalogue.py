from gettext import GNUTranslations

import pytest
from babel.messages.catalog import Catalog, Message

from tests.translation import catalogue
from tests.translation.sources import Said, said


def text(singular: str, plural: str | None = None) -> Said:
    return Said(singular, plural, None, "chat/forms.py")


def test_every_text_is_translated_and_none_is_left_over() -> None:
    assert list(catalogue.complaints(catalogue.read(), list(said()))) == []


def test_compiled_catalogue_says_what_the_text_file_says() -> None:
    """`make messages` compiles."""
    with catalogue.COMPILED_FILE.open("rb") as file:
        compiled = GNUTranslations(file)
    unlike = [
        message.id
        for message in catalogue.entries(catalogue.read())
        if looked_up(compiled, message) != catalogue.forms(message.string)
    ]
    assert unlike == []


def looked_up(compiled: GNUTranslations, message: Message) -> list[str]:
    singular, *plural = catalogue.forms(message.id)
    if plural and message.context:
        return [compiled.npgettext(message.context, singular, plural[0], number) for number in (1, 2)]
    if plural:
        return [compiled.ngettext(singular, plural[0], number) for number in (1, 2)]
    return [compiled.pgettext(message.context, singular) if message.context else compiled.gettext(singular)]


def test_a_text_has_one_plural_wherever_it_is_said() -> None:
    plurals: dict[tuple[str, str | None], set[str | None]] = {}
    for found in said():
        plurals.setdefault((found.singular, found.context), set()).add(found.plural)
    assert {key: forms for key, forms in plurals.items() if len(forms) > 1} == {}


@pytest.mark.parametrize(
    ("singular", "plural", "translation", "complaint"),
    [
        ("Send", None, "Senden", None),
        ("Send", None, "", "not translated"),
        ("Sent by %(name)s", None, "Von %(nam)s gesendet", "other gaps or tags"),
        ("About {amount} credits", None, "Etwa Credits", "other gaps or tags"),
        ("It becomes <strong>%(email)s</strong>", None, "Sie wird zu %(email)s", "other gaps or tags"),
        ("Explain: ", None, "Erkläre:", "other space or line breaks at its ends"),
        ("%(count)s line", "%(count)s lines", ("%(count)s Zeile", "%(count)s Zeilen"), None),
        ("%(count)s line", "%(count)s lines", ("%(count)s Zeile", ""), "not translated"),
        ("%(count)s line", "%(count)s lines", ("%(count)s Zeile",), "not 2 forms"),
        ("One line", "%(count)s lines", ("Eine Zeile", "%(count)s Zeilen"), None),
    ],
)
def test_faults_are_found(
    singular: str, plural: str | None, translation: str | tuple[str, ...], complaint: str | None
) -> None:
    found = Catalog(locale="de")
    found.add((singular, plural) if plural else singular, translation)
    complaints = list(catalogue.complaints(found, [text(singular, plural)]))
    assert any(line.startswith(complaint) for line in complaints) if complaint else complaints == []


def test_new_and_old_texts_are_found_and_sorted_out() -> None:
    old = Catalog(locale="de", header_comment="# Glossary")
    old.add("Send", "Senden")
    old.add("Gone", "Weg")
    texts = [text("Send"), text("New")]
    assert list(catalogue.complaints(old, texts)) == [
        "not in the catalogue: 'New'",
        "said nowhere any more: 'Gone'",
    ]
    new = catalogue.bring_up_to_date(old, texts)
    assert {message.id: message.string for message in catalogue.entries(new)} == {"Send": "Senden", "New": None}


def test_a_fuzzy_translation_is_found() -> None:
    found = Catalog(locale="de")
    found.add("Send", "Senden", flags=["fuzzy"])
    assert list(catalogue.complaints(found, [text("Send")])) == ["fuzzy: 'Send'"]
