"""What the sources say through gettext: Python by Babel, templates by Django's own rewriting of them into Python."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.extract import extract_python
from django.utils.translation.template import templatize

TREE = Path(__file__).resolve().parents[2]
APPS = ("accounts", "chat", "config")
# Each function to the places of singular, plural and (with a "c") context among its arguments.
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


class Said(NamedTuple):
    """A text of the sources: `plural` and `context` are None for most."""

    singular: str
    plural: str | None
    context: str | None
    path: str


def said() -> Iterator[Said]:
    """Every text that the sources say, as often as they do, in the order of the files' names."""
    for path in python_files():
        yield from said_by(path.read_text(), path)
    for path in template_files():
        # In parentheses Python does not mind how lines are indented, and what is no text is blanked out to names.
        yield from said_by(f"({templatize(path.read_text(), origin=str(path))})", path)


def python_files() -> list[Path]:
    return sorted(path for app in APPS for path in (TREE / app).rglob("*.py"))


def template_files() -> list[Path]:
    return sorted(path for path in (TREE / "templates").rglob("*") if path.is_file())


def said_by(source: str, path: Path) -> Iterator[Said]:
    name = str(path.relative_to(TREE))
    found: Iterator[Any] = extract_python(io.BytesIO(source.encode()), KEYWORDS, (), {})
    for _, function, arguments, _ in found:
        texts = [arguments] if isinstance(arguments, str) else list(arguments)
        context = texts.pop(0) if "pgettext" in function else None
        if not texts or texts[0] is None:
            raise ValueError(f"{name}: {function}() is given something else than a text: {arguments}")
        yield Said(texts[0], texts[1] if function.startswith("n") else None, context, name)
