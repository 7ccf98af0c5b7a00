"""A browser's own parser, with the CSP off: on no page does a hostile answer run, load, or become anything but text."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from chat import markdown
from tests.browser.chat import Chat
from tests.browser.importing import bring, with_answers
from tests.chat.test_markdown_hostile import HOSTILE, MATHS, TAGS

pytestmark = pytest.mark.browser_context_args(bypass_csp=True)

# Known to change their meaning when they are parsed a second time.
MUTATING = [
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><mtext><mglyph><svg><mtext><textarea><path id='</textarea><img onerror=alert(1) src=1>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math><annotation-xml encoding='text/html'><xmp>&lt;/xmp>&lt;img src=x onerror=alert(1)></xmp></annotation-xml>",
    "<math><annotation-xml encoding='application/xhtml+xml'><iframe srcdoc='<script>alert(1)</script>'>",
    "<math><mi><mglyph><noscript></noscript><a title='</noscript><img src onerror=alert(1)>'>",
    "<math><mo><malignmark><style><a title='</style><img src onerror=alert(1)>'></malignmark></mo></math>",
    "<svg></p><math><mi><style><!--</style><img title='--><img src=1 onerror=alert(1)>'>",
    "<math><semantics><annotation encoding='application/x-tex'></annotation><maction href='javascript:alert(1)'>",
    "<math href='javascript:alert(1)'><mrow xlink:href='javascript:alert(1)'><mtext>x</mtext></mrow></math>",
    "<table><math><select><mi><select></table></mi></select><img src onerror=alert(1)></math>",
    "<math><mtext><p><math><mtext></p><style></mtext><img src onerror=alert(1)>",
]

# Parse, write down, parse again: what is not allowed in the second tree, and whether it differs from the first.
FOREIGN = """
([pages, allowed, maths]) => pages.flatMap((html) => {
  const first = new DOMParser().parseFromString(html, "text/html")
  const second = new DOMParser().parseFromString(first.body.innerHTML, "text/html")
  const found = first.body.innerHTML === second.body.innerHTML ? [] : ["changes: " + html]
  for (const element of [...first.body.querySelectorAll("*"), ...second.body.querySelectorAll("*")]) {
    const name = element.localName
    const isMaths = element.namespaceURI === "http://www.w3.org/1998/Math/MathML"
    const isHtml = element.namespaceURI === "http://www.w3.org/1999/xhtml"
    if (!(name in allowed) || isMaths !== maths.includes(name) || isMaths === isHtml) found.push(`${name} in ${html}`)
    for (const attribute of element.attributes) {
      if (!allowed[name]?.includes(attribute.name)) found.push(`${attribute.name} in ${html}`)
    }
  }
  return found
})
"""


def foreign(page: Page, pages: list[str]) -> list[str]:
    allowed = {tag: list(attributes) for tag, attributes in TAGS.items()}
    found: list[str] = page.evaluate(FOREIGN, [pages, allowed, list(MATHS)])
    return found


def test_in_a_browser_s_own_parser_as_well_each_net_is_enough_by_itself(page: Page) -> None:
    sources = [source for source in [*HOSTILE, *MUTATING] if "\ud800" not in source]
    sources += [f"${source}$" for source in sources] + [rf"$\text{{{source}}}$" for source in sources]
    assert foreign(page, [markdown.CLEANER.clean(source) for source in sources]) == []
    assert foreign(page, [markdown.render(source) for source in sources]) == []
    facts = {"docId": "0" * 12, "colour_seconds": 1}
    parsed = [markdown.PARSER.render(source, facts | {"maths_characters": 10_000}) for source in sources]
    own = [html.replace(' class="footnote-item"', "").replace(' class="contains-task-list"', "") for html in parsed]
    assert foreign(page, own) == []


# --- On the pages -------------------------------------------------------------
STRAYS = "script, style, link, iframe, object, embed, img, form, input, base, meta, video, audio, svg, template"


def look(page: Page, shown: int) -> None:
    prose = page.locator(".prose:not([popover] *)")
    expect(prose).to_have_count(shown)
    expect(prose.locator(STRAYS)).to_have_count(0)
    attributes: list[str] = prose.evaluate_all(
        "(all) => all.flatMap((prose) => [...prose.querySelectorAll('*')].flatMap((e) => e.getAttributeNames()))"
    )
    ours = {"data-wrap-code", "data-download-code", "data-copy-code", "id"}
    assert not {name for name in attributes if name.startswith(("on", "hx-", "data-", "style", "src"))} - ours
    for address in prose.locator("a[href]").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))"):
        assert address.startswith(("http://", "https://", "mailto:", "#fn"))
    for name in prose.locator("[id]").evaluate_all("(all) => all.map((element) => element.id)"):
        assert name.startswith(("fn-", "fnref-"))


def test_nothing_runs_and_nothing_is_fetched_on_any_page_even_without_the_csp(chat: Chat, tmp_path: Path) -> None:
    """That no other host was asked, and no script failed, is looked at after every test."""
    page, dialogs = chat.page, []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    requests: list[str] = []
    answers = [json.loads(json.dumps(source)) for source in [*HOSTILE, *MUTATING]]
    texts = ["\n\n".join(answers[start : start + 4]) for start in range(0, len(answers), 4)]
    path = bring(page, with_answers(*texts, title="<img src=x onerror=alert(1)>"))

    for address in (path, f"{path}print/"):
        page.goto(address, wait_until="networkidle")
        look(page, shown=len(texts))
    page.goto(f"{path}export/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download HTML").click()
    kept = Path(download.value.path()).read_text().replace('http-equiv="Content-Security-Policy"', "")
    page.route("**/kept.html", lambda route: route.fulfill(body=kept, content_type="text/html"))
    page.on("request", lambda request: requests.append(request.url))
    page.goto("/kept.html", wait_until="networkidle")
    look(page, shown=len(texts))
    assert [url for url in requests if not url.endswith(("/kept.html", "/favicon.ico"))] == []
    assert dialogs == []
    assert_untouched(page)


def assert_untouched(page: Page) -> None:
    title: Any = page.title()
    assert title == "<img src=x onerror=alert(1)>"
