"""What a saved prompt asks for: {{topic}}, or {{tone=friendly}} with a default. Anything else in braces is text.

A name begins with a letter, and has letters, digits, blanks, "_" and "-"; a default has no braces and no line break.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_NAME = 40
LONGEST_DEFAULT = 200
PLACEHOLDER = re.compile(
    rf"\{{\{{[ ]{{0,4}}([^\W\d_][\w -]{{0,{LONGEST_NAME - 1}}})(?:=([^{{}}\r\n]{{0,{LONGEST_DEFAULT}}}))?\}}\}}"
)


@dataclass(frozen=True)
class Variable:
    """A value to ask for, once, however often it stands in the text; `default` is "" if none was given."""

    name: str
    default: str = ""


@dataclass(frozen=True)
class Outline:
    """A text taken apart: `parts` are the pieces in their order, an int standing for the variable of that number."""

    variables: tuple[Variable, ...]
    parts: tuple[str | int, ...]

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with these values by name. Without one stands the default, and without that the bare placeholder."""
        return "".join(part if isinstance(part, str) else self.value(part, values) for part in self.parts)

    def value(self, number: int, values: Mapping[str, str]) -> str:
        variable = self.variables[number]
        return values.get(variable.name) or variable.default or f"{{{{{variable.name}}}}}"


def outline(text: str) -> Outline:
    """Take a text apart. The first default that a variable is given counts for all its places."""
    defaults: dict[str, str] = {}
    parts: list[str | int] = []
    end = 0
    for found in PLACEHOLDER.finditer(text):
        name = " ".join(found[1].split())
        defaults[name] = defaults.get(name) or (found[2] or "").strip()
        parts += [text[end : found.start()], list(defaults).index(name)]
        end = found.end()
    parts.append(text[end:])
    variables = tuple(Variable(name, default) for name, default in defaults.items())
    return Outline(variables, tuple(part for part in parts if part != ""))
