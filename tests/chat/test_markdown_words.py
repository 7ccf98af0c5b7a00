"""Words and buttons around a reply's code, tables and formulas: put in when it is shown, in the reader's language."""

import re

import pytest
from django.utils.safestring import SafeString
from django.utils.translation import override

from chat import markdown
from chat.markdown import render, shown

CODE = "```python\nif a:\n```"
LONG = "```\n" + "line\n" * 40 + "```"


def test_what_is_stored_holds_no_word_of_ours() -> None:
    html = render(f"{CODE}\n\n{LONG}\n\n|a|\n|-|\n\n$${'x + ' * 20}y$$")
    assert "aria-label" not in html
    assert re.sub(r"<[^>]*>|\s|[axy+]|line|python|if|:", "", html) == ""


def test_it_is_trusted_as_it_is() -> None:
    assert (shown("<p>a</p>"), type(shown("<p>a</p>"))) == ("<p>a</p>", SafeString)


def test_boxes_that_scroll_have_a_name() -> None:
    html = shown(render(f"{CODE}\n\n```\nb\n```\n\n|a|\n|-|\n\n$${'x + ' * 20}y$$"))
    assert re.findall(r'role="group" aria-label="([^"]*)"', html) == ["Code: python", "Code", "Table", "Formula"]
    assert html.count('role="group"') == 4


def test_code_has_buttons() -> None:
    html = shown(render(CODE))
    tools = re.search(r'</figcaption><div class="code-tools">(.*?)</div><div class="code-scroll"', html)
    assert tools
    assert re.findall(r"<button type=\"button\" ([^>]*)>([^<]*)</button>", tools[1]) == [
        ('data-wrap-code aria-pressed="false"', "Wrap lines"),
        ('data-download-code value="code.py"', "Download"),
        ("data-copy-code ", "To clipboard"),
    ]


def test_no_button_of_code_is_taken_for_the_copy_button_of_the_message() -> None:
    assert "copy" not in re.sub(r"<[^>]*>", "", shown(render(CODE))).lower()


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("python", "py"),
        ("js", "js"),
        ("C++", "cpp"),
        ("rust", "rs"),
        ("nonsense", "txt"),
        ("", "txt"),
        ("a.b/c", "txt"),
    ],
)
def test_a_download_is_named_after_its_language(language: str, name: str) -> None:
    assert f'value="code.{name}"' in shown(render(f"```{language}\na\n```"))


@pytest.mark.parametrize(("lines", "is_folded"), [(30, False), (31, True), (1_200, True)])
def test_long_code_is_folded(lines: int, is_folded: bool) -> None:
    html = shown(render("```\n" + "a\n" * lines + "```"))
    assert ("<details" in html) == is_folded
    assert (f"<summary><span>Show all {lines} lines</span>" in html) == is_folded
    assert html.count("\na") == lines - 1  # All of it is there, whatever is seen of it.


def test_without_tools_there_is_neither_button_nor_fold() -> None:
    html = shown(render(f"{CODE}\n\n{LONG}"), with_tools=False)
    assert "aria-label" in html
    assert not re.search("button|details|lines-", html)


@pytest.mark.parametrize(
    "source",
    [
        '<figure class="code"><figcaption>x</figcaption><div class="code-scroll" tabindex="0" role="group">',
        '<p class="lines-50"></p>',
        "```<script>\n</figcaption>\n```",
        '[a](https://b.example/<p class="lines-50"></p>)',
        f"`{markdown.TABLE_BOX}` {markdown.MATHS_BOX}",
    ],
)
def test_a_reply_cannot_type_itself_a_button_or_a_label(source: str) -> None:
    html = shown(render(source))
    figures = html.count("<figure")
    assert html.count("<button") == 3 * figures
    assert html.count("aria-label") == figures
    assert "<details" not in html


def test_words_are_in_the_language_of_the_reader() -> None:
    stored = render("|a|\n|-|")
    with override("de"):
        translated = shown(stored)
    assert re.sub('aria-label="[^"]*"', "", translated) == re.sub('aria-label="[^"]*"', "", shown(stored))
