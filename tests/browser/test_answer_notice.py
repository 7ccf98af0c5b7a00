"""Who looks elsewhere is told of an answer by the title and the picture of the tab, and on request by the browser."""

from playwright.sync_api import Page, expect

from tests.browser.backstage import Person
from tests.browser.chat import Chat
from tests.sandbox.running import RunningSandbox

# A browser of tests has no background, and shows no messages: these stand in for both.
STAND_INS = """
  window.away = false
  Object.defineProperty(document, "hidden", { get: () => window.away })
  window.told = []
  window.asked = 0
  window.Notification = class {
    static permission = sessionStorage.getItem("allowed") ?? "default"
    static async requestPermission() {
      window.asked += 1
      sessionStorage.setItem("allowed", "granted")
      return Notification.permission = "granted"
    }
    constructor(title, { body }) { window.told.push([title, body]) }
  }
"""


def turn(page: Page, *, away: bool) -> None:
    page.evaluate("(away) => { window.away = away; document.dispatchEvent(new Event('visibilitychange')) }", away)


def icon(page: Page) -> str:
    address: str = page.evaluate("new URL(document.querySelector('link[rel=icon]').href).pathname.split('/').at(-1)")
    return address.partition(".")[0]


def ask_and_look_away(chat: Chat, question: str, person: Person, sandbox: RunningSandbox) -> None:
    """Send it, and let it be answered while the page is in the background."""
    chat.ask(f"{question} sandbox:hold")
    expect(chat.answers.last).to_have_attribute("data-state", "processing")
    turn(chat.page, away=True)
    sandbox.release(person.key)
    chat.expect_last("completed", question=f"{question} sandbox:hold")


def test_title_and_picture_tell_of_an_answer_until_one_comes_back(
    chat: Chat, person: Person, sandbox: RunningSandbox
) -> None:
    chat.page.add_init_script(STAND_INS)
    chat.open("/")
    title = "Are you there? sandbox:hold · Parley"
    ask_and_look_away(chat, "Are you there?", person, sandbox)
    expect(chat.page).to_have_title(f"Answered · {title}")
    assert icon(chat.page) == "favicon-answered"
    turn(chat.page, away=False)
    expect(chat.page).to_have_title(title)
    assert icon(chat.page) == "favicon"
    chat.ask_and_wait("And now?")
    expect(chat.page).to_have_title(title)
    assert chat.page.evaluate("[window.asked, window.told]") == [0, []]


def test_the_browser_tells_once_the_person_has_asked_for_it(
    chat: Chat, person: Person, sandbox: RunningSandbox
) -> None:
    page = chat.page
    page.add_init_script(STAND_INS)
    chat.open("/settings/")
    wish = page.get_by_role("button", name="Notify me in this browser")
    assert page.evaluate("window.asked") == 0
    wish.click()
    expect(page.get_by_text("This browser tells you when an answer arrives.")).to_be_visible()
    expect(wish).to_have_attribute("aria-pressed", "true")
    chat.open("/")
    ask_and_look_away(chat, "Psst?", person, sandbox)
    expect(page).to_have_title("Answered · Psst? sandbox:hold · Parley")
    assert page.evaluate("window.told") == [["Answered", "Psst? sandbox:hold · Parley"]]

    chat.open("/settings/")
    wish.click()
    expect(wish).to_have_attribute("aria-pressed", "false")
    chat.open("/")
    ask_and_look_away(chat, "Hush?", person, sandbox)
    expect(page).to_have_title("Answered · Hush? sandbox:hold · Parley")
    assert page.evaluate("window.told") == []
