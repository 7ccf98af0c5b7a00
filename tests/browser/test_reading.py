"""An answer with formulas and long code in it is read, kept on disk and paper, and brought back."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import NARROW, WIDE, problems_of
from tests.browser.chat import Chat
from tests.browser.importing import PATH, bring, choose, with_answers

FORMULA = (
    r"$$\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2} + \sum_{n=1}^{99} a_1 + a_2 + a_3 + a_4 + a_5 + a_6 + a_7$$"
)
CODE = "```python\n" + "".join(f"line_{number} = '{'long ' * 30}'\n" for number in range(1, 121)) + "```"
LINE = "So $E = mc^2$ and " + "$a_1 + b_1$ " * 12
ANSWER = f"It costs $5 or $6.\n\n{LINE} and ${'a + ' * 60}z$\n\n{FORMULA}\n\n{CODE}\n\n- [x] done"


def overflow(page: Page) -> int:
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


def test_formulas_and_code_are_read_in_a_wide_window_and_a_narrow_one(chat: Chat) -> None:
    page = chat.open(bring(chat.page, with_answers(ANSWER))).page
    answer = chat.answers.last
    expect(answer.locator("math")).to_have_count(15)
    expect(answer.get_by_text("It costs $5 or $6.")).to_be_visible()
    assert answer.locator("math").first.evaluate("(math) => math.namespaceURI.endsWith('/MathML')")
    box = answer.locator("math[display=block] mfrac").bounding_box()
    assert box
    assert box["height"] > 20  # A fraction stands in two storeys.
    assert problems_of(page) == []

    code = answer.locator("figure.code")
    height = code.evaluate("(code) => code.clientHeight")
    code.get_by_text("Show all 120 lines").click()
    assert code.evaluate("(code) => code.clientHeight") > 2 * height
    code.get_by_text("Show fewer lines").click()
    code.get_by_role("button", name="Wrap lines").click()
    expect(code.get_by_role("button", name="Wrap lines", pressed=True)).to_be_visible()
    assert code.locator("pre").evaluate("(pre) => pre.scrollWidth <= pre.parentElement.clientWidth")
    with page.expect_download() as download:
        code.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "code.py"
    assert Path(download.value.path()).read_text() == CODE.removeprefix("```python\n").removesuffix("```")
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        assert overflow(page) == 0


def test_a_conversation_is_exported_and_brought_back(chat: Chat) -> None:
    page = chat.page
    path = bring(page, with_answers("One.", "Two, $x$.", title="To be kept"))
    chat.open(path).menu.click()
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("heading", name="Export")).to_be_visible()
    assert problems_of(page) == []
    files = {}
    for name in ("Markdown", "HTML", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"Download {name}").click()
        files[name] = Path(download.value.path()).read_text()
    assert files["Markdown"].startswith("# To be kept\n")
    assert "<h1>To be kept</h1>" in files["HTML"]
    page.get_by_role("link", name="Show to print").click()
    expect(page.get_by_role("article")).to_have_count(4)
    assert problems_of(page) == []
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    page.emulate_media(media="null")

    page.goto(PATH)
    page.set_viewport_size(NARROW)
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "kept.json", "mimeType": "application/json", "buffer": files["JSON"].encode()}
    )
    page.get_by_role("button", name="See what is in it").click()
    expect(page.get_by_role("status", name="Result")).to_contain_text("Already there")
    choose(page, with_answers("Three.", title="Another one"))
    page.get_by_role("button", name="See what is in it").click()
    expect(page.get_by_role("status", name="Result")).to_contain_text("Another one")
    expect(page.get_by_role("status", name="Result")).to_contain_text("Nothing was changed.")
    page.get_by_role("button", name="Import").click()  # The file is still chosen.
    expect(page.get_by_role("heading", name="What was imported")).to_be_visible()
    assert overflow(page) == 0
    assert problems_of(page) == []
    page.get_by_role("link", name="Another one").first.click()
    chat.expect_last("completed", question="Question 1")


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_a_script_as_well(chat: Chat) -> None:
    chat.page.goto(PATH)
    choose(chat.page, with_answers(CODE, title="Plain"))
    chat.page.get_by_role("button", name="Import").click()
    chat.page.get_by_role("link", name="Plain").last.click()
    code = chat.answers.last.locator("figure.code")
    expect(code.get_by_role("button", name="Wrap lines")).to_be_hidden()
    height = code.bounding_box()
    code.get_by_text("Show all 120 lines").click()
    unfolded = code.bounding_box()
    assert height
    assert unfolded
    assert unfolded["height"] > 2 * height["height"]
