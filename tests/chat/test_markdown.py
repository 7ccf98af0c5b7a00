import logging
import re
from html import unescape

import pytest
from django.utils.safestring import SafeString

from chat import markdown
from chat.markdown import render

ELSEWHERE = 'target="_blank" rel="noopener noreferrer nofollow"'


def words(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def test_words_become_safe_html() -> None:
    html = render("Some *text* & **more**, ~~gone~~, `a < b`")
    expected = "<p>Some <em>text</em> &amp; <strong>more</strong>, <s>gone</s>, <code>a &lt; b</code></p>\n"
    assert (html, type(html)) == (expected, SafeString)


def test_a_line_ends_where_the_author_ended_it() -> None:
    assert render("roses\nviolets") == "<p>roses<br>\nviolets</p>\n"


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        ("# a\n\n## b\n\n# c", ["h3", "h4", "h3"]),
        ("### a\n\n##### b\n\n#### c\n\n# d", ["h3", "h4", "h4", "h3"]),
        ("a\n===\n\nb\n---", ["h3", "h4"]),
        ("# a\n## b\n### c\n#### d\n##### e\n###### f", ["h3", "h4", "h5", "h6", "h6", "h6"]),
    ],
)
def test_headings_continue_the_outline_of_the_page(source: str, tags: list[str]) -> None:
    html = render(source)
    assert re.findall(r"<(h\d)>", html) == re.findall(r"</(h\d)>", html) == tags


def test_a_table_scrolls_in_a_focusable_box_and_keeps_its_alignment() -> None:
    html = render("| a | b |\n| --- | ---: |\n| 1 | 2 |\n")
    assert html.startswith('<div class="table-scroll" tabindex="0" role="group"><table>')
    assert html.endswith("</table></div>\n")
    assert '<th>a</th>\n<th class="align-right">b</th>' in html
    assert '<td>1</td>\n<td class="align-right">2</td>' in html


def test_code_has_a_label_and_colours() -> None:
    assert render("```python\nif a: # <b>\n```") == (
        '<figure class="code"><figcaption>python</figcaption>'
        '<div class="code-scroll" tabindex="0" role="group"><pre><code>'
        '<span class="k">if</span> a: <span class="c"># &lt;b&gt;</span>\n</code></pre></div></figure>\n'
    )


@pytest.mark.parametrize("fence", ["```\n{}\n```", "```nonsense\n{}\n```", "~~~ {{.x}}\n{}\n~~~"])
def test_code_in_no_known_language_is_plain(fence: str) -> None:
    html = render(fence.format("if a: b\n\n\tc"))
    assert "<code>if a: b\n\n\tc\n</code>" in html


def test_every_language_keeps_the_code_as_it_is() -> None:
    code = "\n\n  if (a < b) { return 'x & y'; } # 1.5 \\n\n\n\t<p class=\"q\">%s</p>\n\n--- a\n+++ b\n\n"
    for language in markdown.LANGUAGES.split():
        html = render(f"```{language}\n{code}```")
        assert f"<figcaption>{language}</figcaption>" in html
        assert unescape(re.sub(r"</?span[^>]*>", "", html.split("<code>")[1].split("</code>")[0])) == code, language


@pytest.mark.parametrize("name", ["py", "js", "sh", "c++", "JSON"])
def test_languages_go_by_their_other_names(name: str) -> None:
    assert '<span class="s">' in render(f'```{name}\nx = "a"\n```')


@pytest.mark.parametrize("code", ["a = 1\n" * 5_001, "a = 1;" * 200])
def test_much_code_is_shown_without_colours(code: str) -> None:
    assert "<span" in render("```python\na = 1\n```")
    html = render(f"```python\n{code}\n```")
    assert "<span" not in html
    assert code in html


def test_colours_stop_when_their_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "COLOUR_SECONDS", 1e-9)
    html = render("```python\nif a: b\n```\n\n```python\nif c: d\n```")
    assert "<code>if a: b\n</code>" in html
    assert "<code>if c: d\n</code>" in html


@pytest.mark.parametrize(
    ("source", "address", "label"),
    [
        ("[docs](https://example.com/a 'title')", "https://example.com/a", "docs"),
        ("<https://example.com>", "https://example.com", "https://example.com"),
        ("<me@example.com>", "mailto:me@example.com", "me@example.com"),
        ("[docs][1]\n\n[1]: http://example.com", "http://example.com", "docs"),
        ("[](https://example.com)", "https://example.com", "https://example.com"),
        ("(see https://example.com/a_(b)_c).", "https://example.com/a_(b)_c", "https://example.com/a_(b)_c"),
        ("**https://example.com/?a=1&b=2**", "https://example.com/?a=1&amp;b=2", "https://example.com/?a=1&amp;b=2"),
        ("参见https://example.com/a。谢谢", "https://example.com/a", "https://example.com/a"),
    ],
)
def test_links_open_elsewhere(source: str, address: str, label: str) -> None:
    html = render(source)
    assert html.count("<a ") == 1
    assert f'<a href="{address}" {ELSEWHERE}>{label}</a>' in html


def test_an_address_in_code_is_no_link() -> None:
    assert "<a " not in render("`https://example.com`\n\n    https://example.com\n")


@pytest.mark.parametrize(
    "source",
    [
        "[a](javascript:alert(1))",
        "[a](/settings/keys/)",
        "[a](file.py)",
        "[a](#top)",
        "[a](//example.com)",
        "[a](https:///example.com)",
        "[a](data:text/html,hello)",
        "[a](ftp://example.com)",
        "<std::vector>",
        "[Music]: playing",
        "xhttps://example.com",
    ],
)
def test_what_may_not_be_opened_stays_as_typed(source: str) -> None:
    html = render(source)
    assert "<a " not in html
    assert words(html).strip() == source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("![a *cat*](https://e.com/c.png)", f'<a href="https://e.com/c.png" {ELSEWHERE}>a <em>cat</em></a>'),
        ("![](https://e.com/c.png)", f'<a href="https://e.com/c.png" {ELSEWHERE}>https://e.com/c.png</a>'),
        ("![cat][c]\n\n[c]: https://e.com/c.png", f'<a href="https://e.com/c.png" {ELSEWHERE}>cat</a>'),
        ("[![cat](https://e.com/c.png)](https://e.com)", f'<a href="https://e.com" {ELSEWHERE}>cat</a>'),
        ("![cat](data:image/png;base64,AAAA)", "cat"),
        ('![cat](cat.png "a title")', "cat"),
    ],
)
def test_an_image_is_shown_by_its_description(source: str, expected: str) -> None:
    assert render(source) == f"<p>{expected}</p>\n"


def test_a_source_that_no_link_uses_is_still_listed() -> None:
    html = render("Read more.\n\n[Spec]: https://example.com/spec")
    assert words(html) == "Read more.\n[Spec]: https://example.com/spec\n"


def test_task_lists_show_what_is_done() -> None:
    html = render("- [x] wash\n- [ ] dry\n- iron")
    assert re.findall(r"<li.*", html) == [
        '<li class="task"><span class="task-mark">☑</span> wash</li>',
        '<li class="task"><span class="task-mark">☐</span> dry</li>',
        "<li>iron</li>",
    ]


def test_footnotes_lead_there_and_back() -> None:
    html = render("One[^a] and again[^a].\n\n[^a]: A note.\n[^b]: Unused.")
    targets = set(re.findall(r'id="([^"]+)"', html))
    links = re.findall(r'href="#([^"]+)"', html)
    assert len(links) == 4
    assert set(links) < targets
    assert "target=" not in html
    assert words(html).startswith("One[1] and again[1].\n")
    assert "A note." in html
    assert "Unused.</p>" in html


def test_footnotes_of_two_replies_do_not_meet_on_one_page() -> None:
    first, second = (set(re.findall(r'id="([^"]+)"', render(f"{name}[^1]\n\n[^1]: b"))) for name in "xy")
    assert first
    assert not first & second


@pytest.mark.parametrize("source", ["> " * 40 + "deep", "- " * 40 + "deep", "[^a]: " * 40 + "deep", "a " * 100_001])
def test_what_is_too_deep_or_too_long_is_shown_as_typed(source: str) -> None:
    assert render(source) == f'<pre class="plain">{source.replace(">", "&gt;")}</pre>'


def test_ten_levels_are_not_too_deep() -> None:
    assert render("- " * 10 + "deep").count("<ul>") == 10


def test_a_block_that_would_take_too_long_does_not_spoil_its_neighbours() -> None:
    html = render("*before*\n\n" + "[" * 5_000 + " *within*\n\n*after*")
    assert "<em>before</em>" in html
    assert "[[ *within*</p>" in html
    assert "<em>after</em>" in html


def test_a_failing_parser_loses_nothing_and_logs_no_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> str:
        raise ValueError("secret words")

    monkeypatch.setattr(markdown.PARSER, "render", fail)
    with caplog.at_level(logging.ERROR):
        assert render("secret <words>") == '<pre class="plain">secret &lt;words&gt;</pre>'
    assert [record.message for record in caplog.records] == ["markdown_failed"]
    assert "secret" not in str(caplog.records[0].__dict__)


def test_characters_that_no_page_can_carry_are_replaced() -> None:
    assert render("a\0b\ud800c") == "<p>a\ufffdb\ufffdc</p>\n"
