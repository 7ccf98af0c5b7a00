"""axe's judgement of a page."""

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

type Colours = Literal["light", "dark"]

WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
LOOKS: tuple[tuple[ViewportSize, Colours], ...] = ((WIDE, "light"), (NARROW, "dark"))
AXE = Axe()
# The admin's own styles fade from one colour to the other, whatever the reader prefers, and axe would see one between.
COLOURS_HAVE_SETTLED = "Promise.allSettled(document.getAnimations().map((animation) => animation.finished))"


def problems_of(page: Page) -> list[str]:
    """What axe finds on the page in a wide window in light colours, and in a narrow one in dark colours."""
    found = []
    for size, colours in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")
        page.evaluate(COLOURS_HAVE_SETTLED)
        found += [f"{size['width']} px, {colours}: {problem}" for problem in problems_now(page)]
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="null", reduced_motion="null")
    return found


def problems_now(page: Page, *, only: tuple[str, ...] = ()) -> list[str]:
    """What axe finds on the page as it is; by these of its rules alone, if any are named."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(only)} if only else {})
    violations = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [f"{v['id']}: {v['help']}: {node['html'][:200]}" for v in violations for node in v["nodes"]]
