"""The pages of a conversation as a person finds their way on them: by role and name."""

from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.backstage import Person
from tests.sandbox.running import wait_until

# Two cores are shared with a database, a browser and whatever else runs; a page that needs this long is broken.
PATIENCE_MILLISECONDS = 15_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)


def sign_in_at_once(context: BrowserContext, person: Person, url: str) -> None:
    """As if the person had signed in before."""
    context.add_cookies([{"name": "sessionid", "value": person.session, "url": url}])


def sign_in(page: Page, person: Person) -> None:
    page.get_by_role("textbox", name="Email").fill(person.email)
    page.get_by_role("textbox", name="Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()


def hold_back(page: Page, addresses: str) -> list[Route]:
    """Requests to these addresses wait until the test lets them go on."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(addresses, hold)
    return held


def next_of(page: Page, held: list[Route]) -> Route:
    """The next request that is held back, once it is there: Playwright hears of it while the page is asked things."""
    wait_until(lambda: page.evaluate("true") and held)
    return held.pop(0)


class Chat:
    """`/` or a conversation in one tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = page.get_by_role("textbox", name="Message")
        self.send = page.get_by_role("button", name="Send")
        self.model = page.get_by_role("combobox", name="Model")
        self.settings = page.get_by_role("button", name="Conversation settings")
        self.transcript = page.get_by_role("region", name="Messages")
        self.questions = self.transcript.get_by_role("article", name="You")
        self.answers = self.transcript.locator("article[data-state]")
        self.alert = self.answers.last.get_by_role("alert")
        self.conversations = page.get_by_role("navigation", name="Conversations").get_by_role("listitem")
        self.credits = page.locator("[data-credits]")
        self.menu = page.get_by_role("button", name="Conversation menu")

    def open(self, path: str = "/") -> "Chat":
        self.page.goto(path)
        return self

    def ask(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def ask_and_wait(self, text: str) -> Locator:
        """The finished answer."""
        self.ask(text)
        self.expect_last("completed", question=text)
        return self.answers.last

    def see_the_answer(self, state: str = "completed") -> None:
        """Without a script: ask for it until the last answer is in that state."""
        button = self.answers.last.get_by_role("button", name="See the answer")
        for _ in range(50):
            if button.count() == 0:
                break
            button.click()
        expect(self.answers.last).to_have_attribute("data-state", state)

    def expect_last(self, state: str, *, question: str) -> None:
        """Wait until the last question is this one, and its answer in that state."""
        expect(self.questions.last).to_have_text(question)
        expect(self.answers.last).to_have_attribute("data-state", state)
