"""Every page of the admin panel: clean under axe, no wider than a phone, and nothing broken behind it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import COLOURS_HAVE_SETTLED, LOOKS, problems_now, problems_of
from tests.browser.backstage import Backstage, Person

# The rules whose judgement depends on colours and widths; the others have judged the page before.
OF_LOOKS = ("color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size")
# So that they can be looked at side by side.
PARTS = 4
STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What scrolls sideways, and can't be brought to by the keyboard: neither it nor anything in it takes the focus.
OUT_OF_REACH = """
    [...document.querySelectorAll("main *")].filter((box) =>
      box.scrollWidth > box.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(box).overflowX)
      && box.tabIndex < 0 && !box.querySelector("a[href], button, input:not([type=hidden]), select, textarea")
    ).map((box) => box.outerHTML.slice(0, 100))
"""


def troubles_of(page: Page, path: str) -> list[str]:
    response = page.goto(path)
    found = [] if response and response.status == 200 else [f"status {response and response.status}"]
    for (size, colours), rules in zip(LOOKS, ((), OF_LOOKS), strict=True):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")
        page.evaluate(COLOURS_HAVE_SETTLED)
        found += [f"{size['width']} px, {colours}: {problem}" for problem in problems_now(page, only=rules)]
        if wider := page.evaluate(STICKS_OUT):
            found.append(f"{size['width']} px: wider by {wider}")
        found += [f"{size['width']} px, scrolls out of reach: {box}" for box in page.evaluate(OUT_OF_REACH)]
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_accessible_fits_a_phone_and_breaks_no_rule(
    part: int, admin: Page, administrator: Person, backstage: Backstage
) -> None:
    """The fixture of the page sees to it that the policy of the site is kept and no other host is asked."""
    backstage.new_link(backstage.new_conversation(administrator))
    addresses = backstage.furnish_panel(administrator)
    assert len(addresses) > 35
    found = {path: troubles_of(admin, path) for path in addresses[part::PARTS]}
    assert not any(found.values()), "\n".join(f"{path}: {trouble}" for path in found for trouble in found[path])


def test_form_of_an_invitation_with_something_wrong_in_it(admin: Page) -> None:
    admin.goto("/admin/accounts/invitation/add/")
    admin.get_by_role("textbox", name="Email").fill("nobody at all")
    admin.locator("form").evaluate_all("(forms) => forms.forEach((form) => { form.noValidate = true })")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_text("Enter a valid email address.")).to_be_visible()
    assert problems_of(admin) == []
