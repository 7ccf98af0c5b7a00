"""axe finds nothing wrong with the pages, in a wide window and a narrow one, light and dark.

The set-up page is looked at in test_set_up_ask_read.py, waiting and each failure where they are made.
"""

from itertools import product

from playwright.sync_api import Page, expect

from tests.browser.accessibility import NARROW, problems_now, problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat

FOR_EVERYONE = ("/accounts/login/", "/accounts/password/reset/", "/nothing/here/", "/invitations/nothing/")
FOR_MEMBERS = (
    "/",
    "/settings/",
    "/settings/keys/",
    "/settings/usage/",
    "/settings/usage/limit/",
    "/settings/import/",
    "/c/",
    "/archive/",
    "/trash/",
    "/shortcuts/",
    "/settings/presets/",
    "/settings/prompts/",
    "/settings/shares/",
    "/accounts/signed-in/",
    "/search/",
)
# Those with passkeys, codes and sessions on them are looked at where these are made.
ABOUT_SIGNING_IN = (
    "/settings/security/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
    "/accounts/2fa/webauthn/",
)
WIDTHS = (320, 390, 768, 1280, 2560)


def problems_by_path(page: Page, paths: tuple[str, ...]) -> dict[str, list[str]]:
    found = {}
    for path in paths:
        page.goto(path)
        found[path] = problems_of(page)
    return found


def test_pages_for_everyone(page: Page, backstage: Backstage) -> None:
    assert problems_by_path(page, FOR_EVERYONE) == {path: [] for path in FOR_EVERYONE}


def test_pages_for_members(chat: Chat, person: Person, backstage: Backstage) -> None:
    backstage.new_conversation(person)
    assert problems_by_path(chat.page, FOR_MEMBERS) == {path: [] for path in FOR_MEMBERS}


def test_pages_about_signing_in(chat: Chat) -> None:
    assert problems_by_path(chat.page, ABOUT_SIGNING_IN) == {path: [] for path in ABOUT_SIGNING_IN}


def test_answer_with_everything_in_it(chat: Chat) -> None:
    chat.ask_and_wait("A list, a table, code and math, please")
    assert problems_of(chat.page) == []


def test_dialogs_and_popups(chat: Chat, person: Person, backstage: Backstage) -> None:
    chat.open(backstage.new_conversation(person))
    chat.settings.click()
    expect(chat.page.get_by_role("slider", name="Temperature")).to_be_visible()
    assert problems_now(chat.page) == []
    chat.page.keyboard.press("Escape")
    chat.menu.click()
    assert problems_now(chat.page) == []
    chat.page.get_by_role("button", name="Rename").click()
    expect(chat.page.get_by_role("dialog")).to_be_visible()
    assert problems_now(chat.page) == []


def test_side_bar_as_a_drawer(chat: Chat) -> None:
    chat.page.set_viewport_size(NARROW)
    expect(chat.page.get_by_role("link", name="Settings")).to_be_hidden()
    chat.page.get_by_role("button", name="Side bar").click()
    expect(chat.page.get_by_role("link", name="Settings")).to_be_in_viewport(ratio=1)
    assert problems_now(chat.page) == []
    chat.page.get_by_role("button", name="Close").click()
    expect(chat.page.get_by_role("link", name="Settings")).to_be_hidden()


def test_nothing_is_wider_than_the_window(chat: Chat) -> None:
    """A wide table or a line of code scrolls in its own place, and nothing else does."""
    chat.ask_and_wait(f"A table, code and math for {'averylongword' * 20}")
    overflow = []
    for width, place in product(WIDTHS, (chat.page.locator("html"), chat.transcript)):
        chat.page.set_viewport_size({"width": width, "height": 900})
        overflow.append(place.evaluate("(place) => place.scrollWidth - place.clientWidth"))
    assert overflow == [0] * 2 * len(WIDTHS)


def test_theme_switch_wins_over_the_system_and_is_remembered(chat: Chat) -> None:
    chat.page.emulate_media(color_scheme="light")
    light = background(chat.page)
    with chat.page.expect_response("**/settings/appearance/"):
        chat.page.get_by_role("radio", name="Dark").check(force=True)
    dark = background(chat.page)
    assert dark != light
    chat.page.reload()
    assert background(chat.page) == dark
    expect(chat.page.get_by_role("radio", name="Dark")).to_be_checked()
    chat.open("/settings/")
    expect(chat.page.get_by_role("combobox", name="Appearance")).to_have_value("dark")


def background(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return colour
