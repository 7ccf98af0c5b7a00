"""Words for people that stand in a source as they are, past gettext."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from django.template.base import Lexer, Token, TokenType

WORD = re.compile(r"[^\W\d_]{2,}")
# Names, which are the same in every language, and what a machine reads.
NAMES = {"Parley", "Segmind", "Anthropic", "OpenAI", "Gemini", "Markdown", "JSON", "HTML", "CSV", "ZIP", "API", "URL"}
READ_OUT = {"alt", "aria-description", "aria-label", "aria-roledescription", "placeholder", "title"}
SILENT = {"script", "style", "code"}
BUTTONS = {"button", "reset", "submit"}
# {% include "x.html" with label="Name" %}, {{ x|default:"None" }}: a text begins with a capital or has a space.
GIVEN = re.compile(r"""[=:](["'])(?!\s*\1)(.*?)\1""")
PHRASE = re.compile(r"^[^\W\d_a-z][a-z]|[a-z],? [a-z]")
FORMATS = re.compile(r"\|(?:date|time):")
# What a person reads is given to these, or stands in these.
PYTHON_NAMES = {"description", "empty_label", "help_text", "label", "message", "verbose_name", "verbose_name_plural"}
PYTHON_CALLS = {"ValidationError": 0, "add_error": 1, "success": 1, "warning": 1, "error": 1, "info": 1}
CHOICES = {"TextChoices", "IntegerChoices"}


def words(text: str) -> list[str]:
    return [word for word in WORD.findall(text) if word not in NAMES]


def is_phrase(text: str) -> bool:
    return bool(PHRASE.search(text) and words(text))


class Page(HTMLParser):
    """Collects the words in the text and in the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.open.append(tag)
        is_button = tag == "input" and dict(attrs).get("type") in BUTTONS
        shown = READ_OUT | ({"value"} if is_button else set())
        self.found += [f"{name}={value}" for name, value in attrs if name in shown and words(value or "")]
        # Words for a script, among what it needs to know otherwise.
        self.found += [f"{name}={text}" for name, text in attrs if name.startswith("data-") and is_phrase(text or "")]

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open and words(data):
            self.found.append(" ".join(data.split()))


def words_of_page(html: str) -> list[str]:
    page = Page()
    page.feed(html)
    page.close()
    return page.found


def literals_of_template(source: str) -> list[str]:
    tokens = list(outside_translations(Lexer(source).tokenize()))
    given = [
        text for token in tokens if token.token_type in (TokenType.BLOCK, TokenType.VAR) for text in given_to(token)
    ]
    return [*words_of_page("".join(as_html(token) for token in tokens)), *given]


def outside_translations(tokens: list[Token]) -> Iterator[Token]:
    within = ""
    for token in tokens:
        name = token.contents.split(" ")[0] if token.token_type == TokenType.BLOCK else ""
        if within:
            within = "" if name == f"end{within}" else within
        elif name in ("blocktranslate", "blocktrans", "comment"):
            within = name
        else:
            yield token


def as_html(token: Token) -> str:
    return token.contents if token.token_type == TokenType.TEXT else " " if token.token_type == TokenType.BLOCK else "-"


def given_to(token: Token) -> list[str]:
    if FORMATS.search(token.contents):
        return []
    return [text for _, text in GIVEN.findall(token.contents) if is_phrase(text)]


def literals_of_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        for value in shown_values(node):
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and words(value.value):
                yield value.value
            if isinstance(value, ast.JoinedStr) and any(
                words(str(getattr(part, "value", ""))) for part in value.values
            ):
                yield ast.unparse(value)


def shown_values(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions in this node that end up before a person's eyes."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        yield from (keyword.value for keyword in node.keywords if keyword.arg in PYTHON_NAMES)
        of_messages = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "messages"
        if name in PYTHON_CALLS and (of_messages or name in ("ValidationError", "add_error")):
            yield from node.args[PYTHON_CALLS[name] : PYTHON_CALLS[name] + 1]
    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in PYTHON_NAMES:
        yield node.value
    if isinstance(node, ast.ClassDef) and any(getattr(base, "attr", "") in CHOICES for base in node.bases):
        members = [member.value for member in node.body if isinstance(member, ast.Assign)]
        yield from (value.elts[1] for value in members if isinstance(value, ast.Tuple) and len(value.elts) > 1)
