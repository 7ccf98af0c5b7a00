"""Reply text to safe HTML, the only caller of mark_safe.

Two nets, each enough by itself: the parser knows no raw HTML and makes links only of what matches ADDRESS; then nh3
lets through only the tags and attribute values that ALLOWED lists. The result belongs in an element of class "prose".
Formulas come from mathematics.py, and pass the second net like everything else.

What is stored holds no word of ours: `shown` puts those in, in the reader's language, with the buttons of code.

Slow input is met by one rule: what would cost too much is counted before the work is done, and shown as the author
typed it (one block of it, or all). Only colours are limited by time, since they change no word.
"""

import hashlib
import logging
import re
import time
from collections.abc import Sequence
from functools import cache
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import Any, SupportsIndex

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, link
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref
from pygments.lexer import Lexer  # type: ignore[import-untyped]
from pygments.lexers import find_lexer_class, get_all_lexers  # type: ignore[import-untyped]
from pygments.token import Token as Kind  # type: ignore[import-untyped]

from chat import mathematics

logger = logging.getLogger(__name__)

VERSION = 2
"""Raise it when the same source gives other HTML, so that stored HTML with a lower number can be rendered anew."""

# Past one of these the whole text is shown as typed. Measured: 0.2 s for 200,000 characters of a usual reply.
MAX_CHARACTERS = 200_000
MAX_NESTING = 24
MAX_TOKENS = 20_000
MAX_LOOKS = 300_000
# Past one of these a block is. The slowest punctuation mark known, a bracket that nothing closes, takes about 25 us.
MAX_MARKS = 20_000
MAX_BLOCK_COST = 8_000_000
MAX_MATHS_LINES = 40
# Past this many characters of formulas in a text, the rest of them are shown as typed: they take up to 15 us each.
MAX_MATHS_CHARACTERS = 12_000
# A formula that shows more of them than this may be wider than a phone: it has a box that scrolls, by keyboard too.
SHORT_MATHS_CHARACTERS = 30
# Longer code is folded, to no less than the style sheet shows of it.
UNFOLDED_LINES = 30
# Past one of these code is shown without colours. Some lexers of Pygments are quadratic, mostly in the line's length.
MAX_COLOURED_CHARACTERS = 30_000
MAX_COLOURED_LINE = 1_000
COLOUR_SECONDS = 0.1

ADDRESS = re.compile(r"https?://[^\s/?#\\<>\"][^\s<>\"]*|mailto:[^\s<>\"]+", re.IGNORECASE)
# Sentences in Chinese and Japanese do not put a space after an address.
BARE_ADDRESS = re.compile(r"://[^\s<>\"`。，、；：！？（）【】「」『』《》“”‘’]+")
CLOSED_IMAGE = re.compile(r"!\[([^\[\]\n]*)\]\([^\s()]*(?:\s\"[^\"\n]*\")?\)")
FOOTNOTE = re.compile(r"\[\^[^\s\]]{1,60}\]")
MATHS = re.compile(
    r"\$\$.{1,1000}?\$\$|\$(?=\S)(?:\\[^\n]|[^$\\\n]){1,1000}?(?<=\S)\$(?!\d)|"
    r"\\\(.{1,1000}?\\\)|\\\[.{1,1000}?\\\]",
    re.DOTALL,
)
# Between single dollars: words that no command holds are a sentence with two prices in it, or a shell's variables.
TEX_COMMAND = re.compile(r"\\[a-zA-Z]+(?:\s*\{[^{}]*\})?")
WORD = re.compile(r"[a-zA-Z]{3}|\s[a-zA-Z]{2}\s")
MATHS_ENDS = {"$$": "$$", "\\[": "\\]"}
MARKS = re.compile(r"[^\w\s]|[_\n]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
LANGUAGE = re.compile(r"\s*([\w+#.-]{1,32})(?=\s|$)")

COLOURS = {
    Kind.Keyword: "k",
    Kind.Operator.Word: "k",
    Kind.Literal.String: "s",
    Kind.Literal.Number: "m",
    Kind.Comment: "c",
    Kind.Generic.Output: "c",
    Kind.Name.Function: "n",
    Kind.Name.Class: "n",
    Kind.Name.Builtin: "n",
    Kind.Name.Decorator: "n",
    Kind.Name.Tag: "n",
    Kind.Name.Attribute: "n",
    Kind.Name.Variable: "n",
    Kind.Operator: "o",
    Kind.Generic.Inserted: "gi",
    Kind.Generic.Deleted: "gd",
}
LANGUAGES = """
bash c console cpp csharp css diff docker elixir erlang go graphql groovy haskell html http ini java javascript json
json5 jsx julia kotlin latex less lua make mysql nginx objective-c perl php postgresql powershell protobuf python r ruby
rust sass scala scss sql swift terraform toml tsx typescript vb.net xml yaml zig
"""
"""The names that Pygments gives the languages that are coloured, and go by any other name it knows for them."""


class TooComplex(Exception):
    """The text would take too long to lay out."""


def render(source: str) -> SafeString:
    """Turn the Markdown of a reply into HTML that is safe to store and to show.

    Never raises, and nothing in the result loads anything. Text that the parser can't take, or not soon enough, is
    shown as typed. A usual reply takes about 1.5 ms per 1,000 characters, the worst text known half a second: call it
    where neither an event loop nor a transaction has to wait for it.
    """
    text = SURROGATE.sub("\ufffd", source).replace("\0", "\ufffd")
    try:
        html = _laid_out(text)
    except TooComplex:
        html = _as_typed(text)
    except Exception as error:  # A reply that was paid for is shown, whatever the parser stumbles over.
        facts = {"error": type(error).__name__, "characters": len(text)}
        logger.error("markdown_failed", extra=facts)  # noqa: TRY400 - a traceback may quote the reply
        html = _as_typed(text)
    return mark_safe(html)  # noqa: S308 - cleaned by nh3, or escaped


def shown(html: str, *, with_tools: bool = True) -> SafeString:
    """HTML that `render` made, as the database kept it, with words in the reader's language.

    `with_tools`: with the buttons of code, which need this site's script, and long code folded.
    """
    formula = gettext("Formula")
    for box, label in ((TABLE_BOX, gettext("Table")), (MATHS_BOX, formula), (MATHS_LINE_BOX, formula)):
        html = html.replace(box, f'{box[:-1]} aria-label="{escape(label)}">')
    # Only our own renderer writes such tags: "<" is escaped in all that was typed, and by nh3 in values as well.
    html = CODE_HEAD.sub(lambda found: _code_head(found[1], with_tools), html)
    html = CODE_END.sub(lambda found: _code_fold(int(found[1])) if with_tools else "", html)
    return mark_safe(html)  # noqa: S308 - it was safe when it was stored, and our own words are escaped


def _code_head(language: str, with_tools: bool) -> str:
    label = gettext("Code: %(language)s") % {"language": language} if language else gettext("Code")
    tools = _code_tools(language) if with_tools else ""
    return (
        f'<figure class="code"><figcaption>{language}</figcaption>{tools}{CODE_BOX[:-1]} aria-label="{escape(label)}">'
    )


def _code_tools(language: str) -> str:
    # Not "Copy": that is the name of the message's own button.
    words = {"wrap": gettext("Wrap lines"), "download": gettext("Download"), "copy": gettext("To clipboard")}
    attributes = {"wrap": 'aria-pressed="false"', "download": f'value="code.{_file_ending(language.lower())}"'}
    buttons = (
        f'<button type="button" data-{name}-code {attributes.get(name, "")}>{escape(word)}</button>'
        for name, word in words.items()
    )
    return f'<div class="code-tools">{"".join(buttons)}</div>'


def _code_fold(lines: int) -> str:
    more = ngettext("Show the %(lines)d line", "Show all %(lines)d lines", lines) % {"lines": lines}
    return (
        f'<details class="code-fold"><summary><span>{escape(more)}</span>'
        f"<span>{escape(gettext('Show fewer lines'))}</span></summary></details>"
    )


def _laid_out(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise TooComplex
    name = hashlib.blake2s(text.encode(), digest_size=6).hexdigest()
    budgets = {"colour_seconds": COLOUR_SECONDS, "maths_characters": MAX_MATHS_CHARACTERS}
    return CLEANER.clean(PARSER.render(text, {"docId": name, **budgets}))


def _as_typed(text: str) -> str:
    return f'<pre class="plain">{escape(text)}</pre>'


# Blocks


class CountedLines(list[int]):
    """Where each line begins. Counts how often a rule looks: some rules look ahead to the end, again and again."""

    looks_left = MAX_LOOKS

    def __getitem__(self, line: SupportsIndex) -> int:  # type: ignore[override]
        self.looks_left -= 1
        if self.looks_left < 0:
            raise TooComplex
        return super().__getitem__(line)


def block(state: StateCore) -> None:
    """The parser's own rule, on counted lines."""
    blocks = StateBlock(state.src, state.md, state.env, state.tokens)
    blocks.bMarks = CountedLines(blocks.bMarks)
    state.md.block.tokenize(blocks, blocks.line, blocks.lineMax)


def refuse_excess(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Stop before the parser does: past its own nesting limit it drops text."""
    if state.level >= MAX_NESTING or len(state.tokens) > MAX_TOKENS:
        raise TooComplex
    return False


def maths_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Displayed mathematics: a line of it may well begin like a list."""
    opening = _line(state, start_line)
    closing = MATHS_ENDS.get(opening[:2])
    if closing is None or state.is_code_block(start_line):
        return False
    line = start_line
    rest = opening[2:]
    while not rest.endswith(closing):
        line += 1
        if line >= min(end_line, start_line + MAX_MATHS_LINES) or not (rest := _line(state, line)):
            return False
    state.line = line + 1
    token = state.push("maths_block", "", 0)
    token.content = state.getLines(start_line, state.line, state.blkIndent, False)
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


# Words within a block


def inline(state: StateCore) -> None:
    """Lay out the words of each block, or leave a block as typed where that could take too long."""
    if len(state.tokens) > MAX_TOKENS:
        raise TooComplex
    marks_left = MAX_MARKS
    for token in state.tokens:
        if token.type != "inline":
            continue
        # The parser goes from mark to mark, and the slowest of its rules look through the whole block at each.
        marks = len(MARKS.findall(token.content))
        if marks > marks_left or marks * len(token.content) > MAX_BLOCK_COST:
            token.children = [Token("text", "", 0, content=token.content)]
        else:
            marks_left -= marks
            token.children = state.md.inline.parse(token.content, state.md, state.env, [])


def maths(state: StateInline, silent: bool) -> bool:
    """Mathematics between dollars or the brackets of LaTeX, but not two prices in a sentence."""
    if state.src[state.pos] not in "$\\":
        return False
    found = MATHS.match(state.src, state.pos, state.posMax)
    if found is None or (found[0][1] not in "$([" and WORD.search(TEX_COMMAND.sub("", found[0]))):
        return False
    if not silent:
        state.push("maths", "", 0).content = found[0]
    state.pos = found.end()
    return True


def bare_address(state: StateInline, silent: bool) -> bool:
    """Make a link of an address that stands in the text without any brackets."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    found = BARE_ADDRESS.match(state.src, state.pos, state.posMax)
    scheme = re.search(r"(?<![A-Za-z0-9])https?$", state.src[max(0, state.pos - 6) : state.pos])
    if found is None or scheme is None or not state.pending.endswith(scheme[0]):
        return False
    address = scheme[0] + _without_sentence_end(found[0])
    href = state.md.normalizeLink(address)
    if not state.md.validateLink(href):
        return False
    state.pending = state.pending[: -len(scheme[0])]
    state.push("link_open", "a", 1).attrs = {"href": href}
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)
    state.pos += len(address) - len(scheme[0])
    return True


def _without_sentence_end(address: str) -> str:
    while address:
        address = address.rstrip("?!.,:;*_~'\"]|")
        if not address.endswith(")") or address.count(")") <= address.count("("):
            break
        address = address[:-1]
    return address


def image(state: StateInline, silent: bool) -> bool:
    """Never load an image: show its description, as a link to it where the address may be opened."""
    if not state.src.startswith("![", state.pos):
        return False
    state.pos += 1
    if link(state, silent):
        return True
    state.pos -= 1
    found = CLOSED_IMAGE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("text", "", 0).content = found[1]
    state.pos = found.end()
    return True


def footnote_mark(state: StateInline, silent: bool) -> bool:
    """The plugin's own rule, spared from searching the whole block for a bracket's end at each bracket."""
    return FOOTNOTE.match(state.src, state.pos) is not None and footnote_ref(state, silent)


# After the parsing


def keep_unused_footnotes(state: StateCore) -> None:
    """A footnote that nothing refers to is a part of the reply all the same: the plugin would drop it."""
    footnotes = state.env.get("footnotes", {"refs": {}})
    for label in [label for label, number in footnotes["refs"].items() if number < 0]:
        number = len(footnotes["list"])
        footnotes["list"][number] = {"label": label[1:], "count": 0}
        footnotes["refs"][label] = number


def settle(state: StateCore) -> None:
    """Continue the page's outline from h3 without a gap, and make links and cells as this site wants them."""
    above: list[str] = []
    state.env["used_labels"] = set()
    for token in state.tokens:
        if token.type == "heading_open":
            above = [*(tag for tag in above if tag < token.tag), token.tag]
            token.tag = f"h{min(len(above) + 2, 6)}"
        elif token.type == "heading_close":
            token.tag = f"h{min(len(above) + 2, 6)}"
        elif token.attrs.get("style"):
            token.attrs = {"class": str(token.attrs["style"]).replace("text-align:", "align-")}
        elif token.children:
            token.children = _settled_links(token.children, state.env["used_labels"])


def _settled_links(tokens: list[Token], used_labels: set[str]) -> list[Token]:
    """Links open elsewhere, have no link within, and have words to click on."""
    settled: list[Token] = []
    depth = 0
    address = ""
    for token in tokens:
        depth += token.nesting if token.tag == "a" else 0
        if token.type == "link_open":
            used_labels.add(token.meta.get("label", ""))
            if depth > 1:
                continue
            address = str(token.attrs["href"])
            token.attrs = {"href": address, "target": "_blank"}
        elif token.type == "link_close":
            if depth > 0:
                continue
            if address:
                settled.append(Token("text", "", 0, content=address))
        elif token.content.strip():
            address = ""
        settled.append(token)
    return settled


# HTML

TABLE_BOX = '<div class="table-scroll" tabindex="0" role="group">'
CODE_BOX = '<div class="code-scroll" tabindex="0" role="group">'
SHORT_MATHS = '<span class="maths">'
MATHS_BOX = '<span class="maths" tabindex="0" role="group">'
MATHS_LINE_BOX = '<span class="maths-line" tabindex="0" role="group">'
TAG = re.compile("<[^>]*>")
CODE_HEAD = re.compile(rf'<figure class="code"><figcaption>([\w+#.-]*)</figcaption>{CODE_BOX}')
CODE_END = re.compile(r'<p class="lines-(\d{1,6})"></p>')


class ReplyParser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's name
        return ADDRESS.fullmatch(url) is not None


class ReplyRenderer(RendererHTML):
    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        named = LANGUAGE.match(tokens[idx].info)
        return _code_figure(tokens[idx].content, named[1] if named else "", env)

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _code_figure(tokens[idx].content, "", env)

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"{TABLE_BOX}<table>\n"

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        done = tokens[idx].meta.get("checked")
        if done is None:
            return self.renderToken(tokens, idx, options, env)
        return f'<li class="task"><span class="task-mark">{"☑" if done else "☐"}</span> '

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return escape(tokens[idx].content).replace("\n", "<br>\n")

    def maths(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        typed = tokens[idx].content
        return _formula(typed, env) or self.text(tokens, idx, options, env)

    def maths_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<p>{self.maths(tokens, idx, options, env)}</p>\n"

    def definition(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        meta = tokens[idx].meta
        if meta["id"] in env["used_labels"]:
            return ""
        address = escape(meta["url"])
        return f'<p>[{escape(meta["label"])}]: <a href="{address}" target="_blank">{address}</a></p>\n'


def footnotes_open(_: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    return '<section class="footnotes">\n<ol>\n'


def footnote_number(_: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    return f"[{tokens[idx].meta['id'] + 1}]"


def footnote_back(_: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    note = tokens[idx].meta
    if not env["footnotes"]["list"][note["id"]]["count"]:
        return ""
    visit = f":{note['subId']}" if note["subId"] else ""
    return f' <a href="#fnref-{env["docId"]}-{note["id"] + 1}{visit}">\u21a9\ufe0e</a>'


def _formula(typed: str, env: EnvType) -> str | None:
    """The HTML of a formula with its signs around it, or None if it has to stay as typed."""
    typed = typed.strip()
    signs = 1 if typed[0] == "$" != typed[1] else 2
    tex, is_block = typed[signs:-signs].strip(), typed.startswith(("$$", "\\["))
    env["maths_characters"] -= len(tex)
    if not tex or env["maths_characters"] < 0:
        return None
    html = mathematics.mathml(tex, is_block=is_block)
    if html is None:
        return None
    is_long = len(TAG.sub("", html)) + html.count("<mspace") > SHORT_MATHS_CHARACTERS
    if is_block:
        return f"{MATHS_BOX if is_long else SHORT_MATHS}{html}</span>"
    return f"{MATHS_LINE_BOX}{html}</span>" if is_long else html


def _code_figure(code: str, language: str, env: EnvType) -> str:
    lines = code.count("\n")
    fold = f'<p class="lines-{lines}"></p>' if lines > UNFOLDED_LINES else ""
    return (
        f'<figure class="code"><figcaption>{language}</figcaption>'
        f"{CODE_BOX}<pre><code>{_coloured(code, language, env)}</code></pre></div>{fold}</figure>\n"
    )


# Colours


def _coloured(code: str, language: str, env: EnvType) -> str:
    too_much = len(code) > MAX_COLOURED_CHARACTERS or max(map(len, code.split("\n"))) > MAX_COLOURED_LINE
    lexer = None if too_much or env["colour_seconds"] <= 0 else _lexer(language.lower())
    if lexer is None:
        return escape(code)
    words = _coloured_words(lexer, code, env)
    if "".join(word for _, word in words) != code:  # Out of time, or a lexer that changes what it reads.
        return escape(code)
    runs = ((colour, escape("".join(word for _, word in run))) for colour, run in groupby(words, key=itemgetter(0)))
    return "".join(f'<span class="{colour}">{run}</span>' if colour else run for colour, run in runs)


def _coloured_words(lexer: Lexer, code: str, env: EnvType) -> list[tuple[str, str]]:
    words = []
    started = time.thread_time()
    for kind, word in lexer.get_tokens(code):
        words.append((_colour(kind), word))
        if time.thread_time() - started > env["colour_seconds"]:
            break
    env["colour_seconds"] -= time.thread_time() - started
    return words


@cache
def _colour(kind: Any) -> str:
    while kind is not None and kind not in COLOURS:
        kind = kind.parent
    return COLOURS.get(kind, "")


@cache
def _lexer_names() -> dict[str, str]:
    """Each name that a language goes by in a code fence, to the name of its lexer."""
    wanted = set(LANGUAGES.split())
    known = [(name, names) for name, names, _, _ in get_all_lexers(plugins=False) if wanted & set(names)]
    return {alias: name for name, names in known for alias in names}


@cache
def _file_endings() -> dict[str, str]:
    """Each name of a language that is coloured, to how its files end: "py"."""
    found: dict[str, str] = {}
    for _, names, patterns, _ in get_all_lexers(plugins=False):
        endings = [pattern[2:] for pattern in patterns if re.fullmatch(r"\*\.\w{1,10}", pattern)]
        found |= {name: endings[0] for name in names if endings and name in _lexer_names()}
    return found


def _file_ending(language: str) -> str:
    return _file_endings().get(language, "txt")


def _lexer(language: str) -> Lexer | None:
    name = _lexer_names().get(language)
    return find_lexer_class(name)(stripnl=False, ensurenl=False) if name else None


# The parts put together

FOOTNOTE_ID = r"[0-9a-f]{12}-\d+(:\d+)?"
ALIGNMENTS = {"class": "align-(left|center|right)"}
PLAIN_TAGS = "blockquote br code em figcaption h3 h4 h5 h6 hr p s strong table tbody thead tr ul"
ALLOWED: dict[str, dict[str, str]] = (
    {tag: {} for tag in PLAIN_TAGS.split()}
    | mathematics.ELEMENTS
    | {
        "a": {"href": rf"{ADDRESS.pattern}|#fn(ref)?-{FOOTNOTE_ID}", "target": "_blank", "id": f"fnref-{FOOTNOTE_ID}"},
        "div": {"class": "code-scroll|table-scroll", "tabindex": "0", "role": "group"},
        "figure": {"class": "code"},
        "li": {"class": "task", "id": f"fn-{FOOTNOTE_ID}"},
        "ol": {"start": r"\d{1,9}"},
        "p": {"class": r"lines-\d{1,6}"},
        "pre": {"class": "plain"},
        "section": {"class": "footnotes"},
        "span": {"class": f"maths(-line)?|task-mark|{'|'.join(COLOURS.values())}", "tabindex": "0", "role": "group"},
        "sup": {"class": "footnote-ref"},
        "td": ALIGNMENTS,
        "th": ALIGNMENTS,
    }
)
"""Every tag, attribute and attribute value (a regular expression for the whole of it) that a reply may consist of."""
VALUES = {
    (tag, attribute): re.compile(value, re.IGNORECASE)
    for tag, attributes in ALLOWED.items()
    for attribute, value in attributes.items()
}


def _allowed_value(tag: str, attribute: str, value: str) -> str | None:
    # nh3 asks about every attribute there is, also about those that it is going to drop, and about its own "rel".
    allowed = VALUES.get((tag, attribute))
    return value if attribute == "rel" or (allowed and allowed.fullmatch(value)) else None


def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(ALLOWED),
        attributes={tag: set(attributes) for tag, attributes in ALLOWED.items()},
        attribute_filter=_allowed_value,
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto"},
    )


def _parser() -> MarkdownIt:
    parser = ReplyParser(
        "commonmark",
        {
            "html": False,
            "breaks": True,  # Models end a line where they want a new one: verses, addresses, steps.
            "tasklists": True,
            "inline_definitions": True,
            "store_labels": True,
            "maxNesting": MAX_NESTING + 2,  # Above refuse_excess, which sees a list only when it is two levels deeper.
        },
        renderer_cls=ReplyRenderer,
    )
    parser.enable(["table", "strikethrough"]).disable(["html_block", "html_inline"])
    parser.use(footnote_plugin, inline=False)
    # In the chain of "blockquote" too, which a table asks before each of its rows.
    parser.block.ruler.before("table", "refuse_excess", refuse_excess, {"alt": ["blockquote"]})
    parser.block.ruler.before("fence", "maths_block", maths_block)
    parser.inline.ruler.before("escape", "maths", maths)
    parser.inline.ruler.before("link", "bare_address", bare_address)
    parser.inline.ruler.at("image", image)
    parser.inline.ruler.at("footnote_ref", footnote_mark)
    parser.core.ruler.at("block", block)
    parser.core.ruler.at("inline", inline)
    parser.core.ruler.after("inline", "keep_unused_footnotes", keep_unused_footnotes)
    parser.core.ruler.push("settle", settle)
    parser.add_render_rule("footnote_block_open", footnotes_open)
    parser.add_render_rule("footnote_caption", footnote_number)
    parser.add_render_rule("footnote_anchor", footnote_back)
    # The rulers build their tables on first use, and not safely when two threads come first.
    parser.render("warm")
    return parser


CLEANER = _cleaner()
PARSER = _parser()
