"""Links, from the owner's dialog to what readers can do, and what they can't."""

import re
from html.parser import HTMLParser

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_playwright import CreateContextCallback

from tests.browser.accessibility import NARROW, problems_of
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, sign_in, sign_in_at_once
from tests.browser.test_keyboard import go_to

LOADING = "iframe, object, embed, img, form, input, base, video, audio, style"
# All that a shared page reaches: its own style sheet, script and pictures, its own places, and two ways on.
REACHABLE = re.compile(r"/static/[\w/.-]+(#[\w-]+)?|#[\w:-]+|(copy|report)/|images/[0-9a-f-]{36}/")
HOSTILE = """# Hostile <script>alert(1)</script>

<img src=x onerror=alert(1)> <b>bold</b> [bad](javascript:alert(1)) [good](https://example.org/)

![picture](https://evil.example/x.png) <div hx-get="/settings/keys/" hx-trigger="load">x</div>

<style>*{display:none}</style>
"""


def create_link(page: Page, who: str = "Anyone with the link") -> str:
    page.get_by_role("radio", name=who).check()
    page.get_by_role("button", name="Create link").click()
    return page.get_by_role("textbox", name="Link", exact=True).input_value()


def open_dialog(chat: Chat) -> Page:
    chat.menu.click()
    chat.page.get_by_role("button", name="Share", exact=True).click()
    expect(chat.page.get_by_role("dialog", name="Share this conversation")).to_be_visible()
    return chat.page


@pytest.fixture
def nobody(new_context: CreateContextCallback) -> Page:
    return new_context().new_page()


@pytest.fixture
def conversation(backstage: Backstage, person: Person) -> str:
    return backstage.new_conversation(person, turns=1, title="About links")


def test_made_in_the_dialog_opened_by_anyone_updated_and_revoked_while_open(
    chat: Chat, nobody: Page, conversation: str
) -> None:
    chat.open(conversation)
    page = open_dialog(chat)
    assert problems_of(page) == []
    link = create_link(page)
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()

    nobody.goto(link)
    expect(nobody.get_by_role("heading", name="About links")).to_be_visible()
    assert problems_of(nobody) == []
    nobody.set_viewport_size(NARROW)
    assert nobody.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert nobody.context.cookies() == []

    chat.open(conversation).ask_and_wait("One more thing")
    nobody.reload()
    expect(nobody.get_by_text("One more thing")).to_have_count(0)
    page.goto("/settings/shares/")
    page.get_by_role("link", name="Update").click()
    expect(page.locator("ins").first).to_have_text("One more thing")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_text("Updated.")).to_be_visible()
    nobody.reload()
    expect(nobody.get_by_role("article", name="Author").last).to_contain_text("One more thing")

    page.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog", name="Revoke this link?")
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Nobody can open it any more.")).to_be_visible()
    nobody.reload()
    expect(nobody.get_by_role("heading", name="This link opens nothing")).to_be_visible()


def test_images_are_chosen_in_the_preview_and_shown_wide_and_narrow(
    chat: Chat, nobody: Page, backstage: Backstage, conversation: str
) -> None:
    backstage.new_link(conversation, with_files=True)
    chat.open(conversation)
    page = open_dialog(chat)
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_text("table.csv")).to_be_visible()
    expect(preview.get_by_role("img")).to_have_count(0)
    page.get_by_role("checkbox", name="Show images").check()
    expect(preview.get_by_role("img", name="A red square of [mail address masked]")).to_be_visible()
    assert problems_of(page) == []

    nobody.goto(create_link(page))
    image = nobody.get_by_role("img", name="A red square of [mail address masked]")
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("(image) => image.naturalWidth") > 0
    nobody.get_by_text("table.csv").click()
    expect(nobody.get_by_text("secret: [mail address masked]")).to_be_visible()
    assert problems_of(nobody) == []
    nobody.set_viewport_size(NARROW)
    assert nobody.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_who_may_open_it(
    conversation: str, backstage: Backstage, new_context: CreateContextCallback, nobody: Page, base_url: str
) -> None:
    bob, charlie = backstage.new_person("Bob"), backstage.new_person("Charlie")
    members = backstage.new_link(conversation, audience="members")
    named = backstage.new_link(conversation, audience="named", people=[bob.email])
    title = "About links"
    for path, person, sees in ((members, charlie, True), (named, bob, True), (named, charlie, False)):
        context = new_context()
        sign_in_at_once(context, person, base_url)
        page = context.new_page()
        page.goto(path)
        expect(page.get_by_role("heading", name=title if sees else "This link opens nothing")).to_be_visible()
    nobody.goto(named)
    sign_in(nobody, bob)
    expect(nobody.get_by_role("heading", name=title)).to_be_visible()


def test_passphrase_and_expiry(nobody: Page, backstage: Backstage, person: Person, conversation: str) -> None:
    path = backstage.new_link(conversation, passphrase="open sesame")
    nobody.goto(path)
    assert problems_of(nobody) == []
    for words in ("wrong words", "open sesame"):
        expect(nobody.get_by_role("heading", name="This link asks for a passphrase")).to_be_visible()
        nobody.get_by_role("textbox", name="Passphrase").fill(words)
        nobody.keyboard.press("Enter")
    expect(nobody.get_by_role("heading", name="About links")).to_be_visible()
    assert [(cookie["name"], cookie["path"]) for cookie in nobody.context.cookies()] == [("share", path)]
    backstage.expire_links_of(person)
    nobody.reload()
    expect(nobody.get_by_role("heading", name="This link opens nothing")).to_be_visible()


def test_a_member_continues_in_a_copy_and_reports(
    conversation: str, backstage: Backstage, new_context: CreateContextCallback, base_url: str
) -> None:
    path = backstage.new_link(conversation, may_continue=True)
    context = new_context()
    sign_in_at_once(context, backstage.new_person("Bob"), base_url)
    page = context.new_page()
    page.goto(path)
    page.get_by_role("link", name="Report").click()
    page.get_by_role("textbox", name="What is wrong with it?").fill("It is rude.")
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_text("The administrators have been told.")).to_be_visible()

    page.goto(path)
    page.get_by_role("link", name="Continue in a copy").click()
    page.get_by_role("button", name="Continue in a copy").click()
    chat = Chat(page)
    expect(page.get_by_text("Continued from a conversation that was shared on")).to_be_visible()
    chat.ask_and_wait("And now?")
    expect(chat.answers).to_have_count(2)


def test_by_keyboard_alone(chat: Chat, conversation: str) -> None:
    chat.open(conversation)
    page = chat.page
    chat.menu.press("Enter")
    go_to(page.get_by_role("button", name="Share", exact=True), "Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    go_to(page.get_by_role("radio", name="Members"), "Tab")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Anyone with the link")).to_be_checked()
    go_to(page.get_by_role("button", name="Create link"), "Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Link", exact=True)).to_have_value(re.compile(r"/s/[\w-]{43}/$"))


def test_without_script(new_context: CreateContextCallback, person: Person, conversation: str, base_url: str) -> None:
    context: BrowserContext = new_context(java_script_enabled=False)
    sign_in_at_once(context, person, base_url)
    page = context.new_page()
    page.goto(f"{conversation}share/")
    page.get_by_role("textbox", name="Title", exact=True).fill("My own title")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").get_by_text("My own title")).to_be_visible()
    link = create_link(page)
    page.goto(link)
    expect(page.get_by_role("heading", name="My own title")).to_be_visible()


# --- Hostile ---------------------------------------------------------------------
def test_a_hostile_conversation_does_nothing_to_an_administrator(
    conversation: str, backstage: Backstage, new_context: CreateContextCallback, base_url: str
) -> None:
    """That no host was asked, and no rule of the CSP broken, is looked at after every test."""
    path = backstage.new_link(conversation, text=HOSTILE)
    context = new_context()
    sign_in_at_once(context, backstage.new_person("Root", role="administrator"), base_url)
    page = context.new_page()
    page.goto(path, wait_until="networkidle")
    prose = page.locator(".prose")
    expect(prose.get_by_role("heading", name="Hostile")).to_be_visible()
    expect(prose.locator(LOADING)).to_have_count(0)
    assert not re.search(r"<[^>]*\s(hx-(?!ignore)|on\w+=|style=)", prose.last.evaluate("(e) => e.outerHTML"))
    expect(page).to_have_title("Shared conversation · Parley")


class Addresses(HTMLParser):
    """Every address that a page names, but for the links of an answer, which are its author's."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if named.get("target") == "_blank":
            return
        self.found += [named[name] or "" for name in ("href", "src", "action", "formaction", "poster") if name in named]


def test_every_address_that_the_page_can_reach_is_on_the_list(
    backstage: Backstage, conversation: str, base_url: str
) -> None:
    path = backstage.new_link(conversation, text=HOSTILE, with_files=True, may_continue=True)
    response = httpx.get(base_url + path)
    page = Addresses()
    page.feed(response.text)
    assert [address for address in page.found if not REACHABLE.fullmatch(address)] == []
    assert {"copy/", "report/"} <= set(page.found)
    images = [address for address in page.found if address.startswith("images/")]
    assert [httpx.get(base_url + path + image).status_code for image in set(images)] == [200]
    assert "set-cookie" not in response.headers


def test_it_is_served_at_no_less_than_a_third_of_the_rate_of_an_empty_view(
    backstage: Backstage, person: Person, base_url: str
) -> None:
    """One after the other and in turns, so that a busy machine slows both."""
    path = backstage.new_link(backstage.new_conversation(person, turns=25))
    with httpx.Client(base_url=base_url) as client:
        assert len(client.get(path).text) > 30_000
        took: dict[str, list[float]] = {"/healthz": [], path: []}
        for _ in range(60):
            for address, times in took.items():
                times.append(client.get(address).elapsed.total_seconds())
    empty, shared = (sorted(times)[len(times) // 4] for times in took.values())
    assert empty / shared >= 1 / 3, f"{empty * 1000:.1f} ms, {shared * 1000:.1f} ms"
