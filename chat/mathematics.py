"""One formula, from TeX to MathML. `mathml` makes nothing but what ELEMENTS lists, whatever the formula is.

The library's own text output is not used: it leaves "<" in texts as it is. Its tree is written down here.
"""

import re
import unicodedata
from collections.abc import Iterator
from html import escape
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

# Of elements within elements: a formula that people can read stays far below it.
MAX_DEPTH = 40

# No wider than two quads: a formula can't push the page apart.
SPACE = r"\+?([012](\.\d{1,4})?|\.\d{1,4})(em|ex)|-0?\.\d{1,4}em|\d{1,2}(\.\d{1,4})?(px|pt)|0"
# Less than a line's height: nothing climbs into what stands above it.
RAISED = r"[+-]?0?\.\d{1,4}(em|ex)"
ELEMENTS: dict[str, dict[str, str]] = {
    "math": {"display": "inline|block"},
    "mfrac": {"linethickness": SPACE},
    "mi": {"mathvariant": "normal"},
    "mn": {},
    "mo": {
        "accent": "true|false",
        "fence": "true|false",
        "form": "prefix|infix|postfix",
        "largeop": "true|false",
        "lspace": SPACE,
        "maxsize": SPACE,
        "minsize": SPACE,
        "movablelimits": "true|false",
        "rspace": SPACE,
        "separator": "true|false",
        "stretchy": "true|false",
    },
    "mover": {"accent": "true|false"},
    "mpadded": {"depth": SPACE, "height": SPACE, "lspace": SPACE, "voffset": RAISED, "width": SPACE},
    "mphantom": {},
    "mroot": {},
    "mrow": {"class": "maths-box"},
    "mspace": {"depth": SPACE, "height": SPACE, "width": SPACE},
    "msqrt": {},
    "mstyle": {"displaystyle": "true|false", "scriptlevel": r"\d"},
    "msub": {},
    "msubsup": {},
    "msup": {},
    "mtable": {"displaystyle": "true|false"},
    "mtd": {"class": "align-(left|center|right)"},
    "mtext": {},
    "mtr": {},
    "munder": {},
    "munderover": {},
}
"""Every element, attribute and attribute value (a regular expression for the whole of it): MathML Core, nothing old."""
VALUES = {(tag, name): re.compile(value) for tag, names in ELEMENTS.items() for name, value in names.items()}
HOLDS_TEXT = ("mi", "mn", "mo", "mtext")

# The library would define and expand them without an end in sight, or leave out what stands behind a comment's sign.
REFUSED = re.compile(r"\\(?:re)?new(?:command|environment)|\\g?def\b|\\DeclareMathOperator|(?<!\\)(?:\\\\)*%")
WITHOUT_EFFECT = re.compile(r"\\label\s*\{[^{}]*\}|\\(?:nonumber|notag)\b|\\(?:begin|end)\s*\{(?:equation|math)\*?\}")
OPERATOR = re.compile(r"\\operatorname\*?\s*\{([a-zA-Z\s\\,;:!]{1,40})\}")
ALIGNED = re.compile(r"\\(begin|end)\s*\{(?:align|aligned|alignat|gather|gathered|eqnarray|flalign|multline)\*?\}")
NO_LETTER = re.compile(r"[^a-zA-Z]")
UNKNOWN_COMMAND = re.compile(r"\\[a-zA-Z]|^&$|^\\\\$")
CHARACTER = re.compile(r"&#x([0-9A-Fa-f]{2,6});")

STYLES = {
    "bold": "BOLD",
    "bold-italic": "BOLD ITALIC",
    "double-struck": "DOUBLE-STRUCK",
    "fraktur": "FRAKTUR",
    "italic": "ITALIC",
    "monospace": "MONOSPACE",
    "sans-serif": "SANS-SERIF",
    "sans-serif-italic": "SANS-SERIF ITALIC",
    "script": "SCRIPT",
}
# Unicode had some of the letters before it had the alphabets that they belong to.
OLDER_NAMES = {"FRAKTUR": "BLACK-LETTER"}
# What stands below and above these in a displayed formula, and beside them in a line of text.
TAKES_LIMITS = {"lim", "sup", "inf", "max", "min"}
LIMITS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
PARTS = {"mfrac": 2, "mover": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "msubsup": 3, "munderover": 3}
# The library's line does not stretch.
LINE = "&#x02015;"
LINES = {"mover": "\u00af", "munder": "_"}


class Unshowable(Exception):
    """The formula says something that would get lost."""


def mathml(tex: str, *, is_block: bool) -> str | None:
    """The formula as a `<math>` element, or None if it can't be shown without a loss.

    Never raises. Takes about 15 ms per 1,000 characters at worst, so whoever calls it bounds the length.
    """
    if REFUSED.search(tex):
        return None
    plain = ALIGNED.sub(r"\\\1{align*}", WITHOUT_EFFECT.sub("", tex))
    plain = OPERATOR.sub(lambda found: f"\\operatorname{{{NO_LETTER.sub('', found[1])}}}", plain)
    try:
        tree = convert_to_element(plain, display="block" if is_block else "inline")
        return "".join(_written(tree, is_block=is_block))
    except Exception:
        return None


def _written(element: Element, *, is_block: bool, depth: int = 0) -> Iterator[str]:
    if depth > MAX_DEPTH:
        raise Unshowable
    tag = _tag(element, is_block=is_block)
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in _attributes(tag, element))
    yield f"<{tag}{attributes}>{escape(_text(element))}"
    for child in _parts(element):
        yield from _written(child, is_block=is_block, depth=depth + 1)
    yield f"</{tag}>"


def _parts(element: Element) -> list[Element]:
    """The children, as many as the element has to have: the library gives a matrix's brackets and its power alike."""
    parts, wanted = list(element), PARTS.get(element.tag, len(element))
    if len(parts) < wanted:
        raise Unshowable
    if len(parts) > wanted:
        row = Element("mrow")
        row.extend(parts[: len(parts) - wanted + 1])
        parts = [row, *parts[len(parts) - wanted + 1 :]]
    if element.tag in LINES and parts[-1].text == LINE:
        parts[-1] = Element("mo", {"stretchy": "true"})
        parts[-1].text = LINES[element.tag]
    return parts


def _tag(element: Element, *, is_block: bool) -> str:
    tag = element.tag
    if tag == "menclose" or (tag in HOLDS_TEXT and len(element)):
        return "mrow"
    if tag == "mi" and _is_operator(_text(element)):
        return "mo"
    if is_block and tag in LIMITS and len(element) and (element[0].text or "") in TAKES_LIMITS:
        return LIMITS[tag]
    if tag not in ELEMENTS:
        raise Unshowable
    return tag


def _is_operator(text: str) -> bool:
    """Brackets, colons and long arrows, which the library takes for letters: they keep their distance, or grow."""
    if len(text) != 1:
        return False
    return text in ":;" or "\u27f0" <= text <= "\u27ff" or unicodedata.category(text) in ("Ps", "Pe")


def _attributes(tag: str, element: Element) -> Iterator[tuple[str, str]]:
    known = dict(element.attrib)
    if "columnalign" in known:
        known["class"] = f"align-{known['columnalign']}"
    elif element.tag == "menclose":
        known["class"] = f"maths-{known['notation']}"
    for name, value in known.items():
        allowed = VALUES.get((tag, name))
        if allowed and allowed.fullmatch(value):
            yield name, value


def _text(element: Element) -> str:
    text = CHARACTER.sub(lambda found: chr(int(found[1], 16)), element.text or "")
    if UNKNOWN_COMMAND.search(text) or not all(_can_be_shown(character) for character in text):
        raise Unshowable
    style = STYLES.get(element.get("mathvariant", "")) if element.tag != "mtext" else None
    return "".join(_styled(character, style) for character in text) if style else text


def _can_be_shown(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs")


def _styled(character: str, style: str) -> str:
    """The letter or digit of that alphabet: browsers have dropped the attribute that asked for it."""
    name = unicodedata.name(character, "").removeprefix("LATIN ").replace(" LETTER", "")
    for alphabet in (f"MATHEMATICAL {style}", OLDER_NAMES.get(style, style)):
        try:
            return unicodedata.lookup(f"{alphabet} {name}")
        except KeyError:
            continue
    return character
