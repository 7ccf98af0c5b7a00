"""Formulas: what is shown as MathML, what stays as typed, and that neither costs much time or harms."""

import re
import time
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.markdown import MAX_MATHS_CHARACTERS, render
from chat.mathematics import MAX_DEPTH, mathml
from tests.chat.test_markdown_hostile import MATHS, Page, check


def words(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
        (r"a \le b", "<mi>a</mi><mo>≤</mo><mi>b</mi>"),
        (r"a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
        (r"\text{<b> & c}", "<mtext>&lt;b&gt;\xa0&amp;\xa0c</mtext>"),
        (r"\mathbb{R} \mathbf{AB}", "<mi>ℝ</mi><mrow><mi>𝐀</mi><mi>𝐁</mi></mrow>"),
        (r"\mathcal{BX} \mathfrak{ZA}", "<mrow><mi>ℬ</mi><mi>𝒳</mi></mrow><mrow><mi>ℨ</mi><mi>𝔄</mi></mrow>"),
        (r"\operatorname*{arg\,max}", "<mo>argmax</mo>"),
        (r"\overline{x}", '<mover><mrow><mi>x</mi></mrow><mo stretchy="true">¯</mo></mover>'),
        (r"\lfloor x \rfloor", "<mo>⌊</mo><mi>x</mi><mo>⌋</mo>"),
        (r"x \label{eq:1}", "<mi>x</mi>"),
        (r"\mathop{x}", "<mrow><mrow><mi>x</mi></mrow></mrow>"),
        (r"\boxed{x}", '<mrow class="maths-box"><mrow><mi>x</mi></mrow></mrow>'),
        (r"\color{red}{x}", "<mstyle><mrow><mi>x</mi></mrow></mstyle>"),
    ],
)
def test_a_formula_is_written_as_mathml(tex: str, expected: str) -> None:
    assert mathml(tex, is_block=False) == f'<math display="inline"><mrow>{expected}</mrow></math>'


@pytest.mark.parametrize("name", ["aligned", "align", "align*", "gathered", "eqnarray"])
def test_aligned_lines_are_a_table_without_numbers(name: str) -> None:
    html = mathml(rf"\begin{{{name}}} a &= b \\ c &= d \end{{{name}}}", is_block=True)
    assert html is not None
    assert html.count("<mtr>") == 2
    assert words(html) == "a=bc=d"


def test_limits_stand_below_in_a_displayed_formula_only() -> None:
    assert "<munder>" in str(mathml(r"\lim_{x\to0}", is_block=True))
    assert "<msub>" in str(mathml(r"\lim_{x\to0}", is_block=False))


def test_the_power_of_a_matrix_has_the_whole_matrix_below_it() -> None:
    html = mathml(r"\begin{pmatrix} a \\ b \end{pmatrix}^{-1}", is_block=True)
    assert "<msup><mrow><mo>(</mo><mtable>" in str(html)
    assert "</mtable><mo>)</mo></mrow><mrow><mo>−</mo><mn>1</mn></mrow></msup>" in str(html)


@pytest.mark.parametrize(
    "tex",
    [
        r"\unheardof{x}",
        r"\ce{H2O}",
        "a & b",
        "a % comment",
        r"\frac{a}",
        r"\left( a",
        "a^b^c",
        "{" * (MAX_DEPTH + 5) + "x",
        r"\sqrt" * 400 + "x",
        r"\newcommand{\a}{\b\b}\newcommand{\b}{\c\c}\a",
        r"\def\a{\a\a}\a",
        r"\newenvironment{a}{b}{c}",
        r"\text{\x}",
        r"\unicode{xD800}",
        r"\genfrac",
    ],
)
def test_what_cannot_be_shown_without_a_loss_is_not_tried(tex: str) -> None:
    assert mathml(tex, is_block=True) is None


COMMANDS = r"""
\frac \sqrt \left( \right) \begin{matrix} \end{matrix} \begin{array} \end{array} \text{ \mathbf{ \hbox{$ \href{ \style{
\class{ \color{ \hspace{ \raise{ \rule{ \unicode{x \limits \sum \over \choose \not \underset \operatorname{ \verb| \\
\root \of \genfrac \sideset \middle| \displaystyle \bf \smash[ \mathchoice \skew \tag{ \bra \pmod \xrightarrow[
\substack \mathop{ \mathrel
<img/src=x> </mtext> <style> <!-- &lt; &#x3C; onerror= javascript: ' " ^ _ { } [ ] & | . 1 -2 x é 字 ~ #
\def \newcommand
"""


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*COMMANDS.split(), " ", "\n"]) | st.text(max_size=3), max_size=30).map("".join))
def test_any_formula_gives_only_allowed_elements_or_none(tex: str) -> None:
    html = mathml(tex, is_block=True)
    if html is None:
        return
    page = Page(html)
    check(page)
    assert {tag.removeprefix("/") for tag, _ in page.parts} <= set(MATHS)
    assert not re.search(r"<(mi|mn|mo|mtext)( [^>]*)?><(?!/)", html)  # A browser would read it as HTML.


SLOW = (
    r"\sqrt { {} ' x 1 & \\ \not \hbox{$\hbox{$ \text{ [ x} \left(a\right) \begin{matrix} \mathbf{a} a_b \displaystyle"
)


@pytest.mark.parametrize("unit", SLOW.split())
def test_the_longest_formula_takes_a_moment(unit: str) -> None:
    tex = (unit * MAX_MATHS_CHARACTERS)[:MAX_MATHS_CHARACTERS]
    started = time.thread_time()
    mathml(tex, is_block=True)
    assert time.thread_time() - started < 1


# --- In a reply ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("source", "display"),
    [
        ("so $x$ is", "inline"),
        (r"so \(x\) is", "inline"),
        ("$$x$$", "block"),
        ("$$\nx\n$$", "block"),
        ("\\[\nx\n\\]", "block"),
        ("- so\n  \\[ x \\]", "block"),
        ("**so $x$**", "inline"),
        ("| $x$ |\n|-|", "inline"),
    ],
)
def test_mathematics_in_a_reply(source: str, display: str) -> None:
    html = render(source)
    assert f'<math display="{display}"><mrow><mi>x</mi></mrow></math>' in html
    assert "$" not in words(html)


def test_markdown_within_a_formula_is_none() -> None:
    html = render(r"$a_1 * b_2 * c_3$ and \(x\_1 < *y*\)")
    assert "<em>" not in html
    assert html.count("<math") == 2


def test_a_long_formula_scrolls_in_a_focusable_box_and_a_short_one_is_no_stop_for_the_keyboard() -> None:
    assert '<span class="maths"><math display="block">' in render("$$x$$")
    assert render("$x$").startswith("<p><math")
    assert '<span class="maths" tabindex="0" role="group"><math display="block">' in render(f"$${'x + ' * 20} y$$")
    assert '<span class="maths-line" tabindex="0" role="group"><math display="inline">' in render(f"${'x + ' * 20} y$")


@pytest.mark.parametrize(
    "source",
    [
        "$5 and $6",
        "$5 is less than $10",
        "between $5M to 10$",
        "$5, maybe (or 6$)",
        "export A=$HOME/bin:$PATH",
        "US$ 5 and AU$ 6",
        r"\$x\$",
        "a $ b $ c",
        "`$x$`",
        r"$\unheardof{x}$",
        r"\[ \frac{a} \]",
        "$$ $$",
    ],
)
def test_money_and_what_is_no_formula_stay_as_typed(source: str) -> None:
    html = render(source)
    assert "<math" not in html
    assert words(html).strip() == source.replace(r"\$", "$").strip("`")


def test_formulas_beyond_the_budget_of_a_reply_stay_as_typed() -> None:
    html = render(f"${'x' * 2}$ " + f"$${'y+' * 490}y$$\n\n" * 14 + "$z$")
    assert html.count("<math") == 13
    assert "$z$" in html


def test_a_dollar_within_a_formula_is_escaped() -> None:
    assert words(render(r"$a = \$5$")).strip() == "a=$5"
