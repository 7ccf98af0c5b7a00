"""No words for people in a source but through gettext."""

import re

import pytest

from tests.translation.literals import literals_of_python, literals_of_template
from tests.translation.sources import TREE, python_files, template_files

# Commands to type, and the description of a file format, which is in the language of its fields.
IN_ENGLISH = {"templates/chat/export.md", "templates/chat/email/model_retired.txt"}
SCRIPT_TEXT = re.compile(r"""(["'`])([A-Z][a-z]+(?: [\w']+)+[^"'`]*)\1""")
COMMENT = re.compile(r"^\s*(?://|/?\*).*$|//\s.*$", re.MULTILINE)


def test_templates() -> None:
    found = {
        name: literals_of_template(path.read_text())
        for path in template_files()
        if (name := str(path.relative_to(TREE))) not in IN_ENGLISH
    }
    assert {name: literals for name, literals in found.items() if literals} == {}


def test_python() -> None:
    """What the command line says is for operators, and in English."""
    paths = [path for path in python_files() if not {"migrations", "management"} & set(path.parts)]
    found = {str(path.relative_to(TREE)): list(literals_of_python(path.read_text())) for path in paths}
    assert {name: literals for name, literals in found.items() if literals} == {}


def test_scripts() -> None:
    """They take their words from the page's data-* attributes."""
    sources = {path.name: COMMENT.sub("", path.read_text()) for path in (TREE / "static" / "js").rglob("*.js")}
    found = {name: [text for _, text in SCRIPT_TEXT.findall(source)] for name, source in sources.items()}
    assert sources
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("source", "literals"),
    [
        ("<p>Send it</p>", ["Send it"]),
        ('<button aria-label="Close"></button>', ["aria-label=Close"]),
        ('<input type="submit" value="Send">', ["value=Send"]),
        ('{% include "_field.html" with label="Your name" %}', ["Your name"]),
        ('{{ name|default:"Nobody" }}', ["Nobody"]),
        ("{% if x %}Yes, {% endif %}{{ x }}", ["Yes, -"]),
        ('<p class="note">{% translate "Send it" %}</p>', []),
        ('<p title="{{ name }}">{% blocktranslate %}Send it to {{ name }}{% endblocktranslate %}</p>', []),
        ('{# A remark #}<button value="yes">{{ day|date:"F Y" }}</button>', []),
    ],
)
def test_literals_of_templates_are_found(source: str, literals: list[str]) -> None:
    assert literals_of_template(source) == literals


@pytest.mark.parametrize(
    ("source", "literals"),
    [
        ('raise ValidationError("Too long")', ["Too long"]),
        ('name = CharField(label="Name")', ["Name"]),
        ('messages.success(request, f"{name} is gone")', ["f'{name} is gone'"]),
        ('class State(models.TextChoices):\n    OPEN = "open", "Open"', ["Open"]),
        ('verbose_name = "person"', ["person"]),
        ('name = CharField(label=_("Name"))\nlog.error("not_sent")', []),
    ],
)
def test_literals_of_python_are_found(source: str, literals: list[str]) -> None:
    assert list(literals_of_python(source)) == literals
