"""`make screenshots`: the main states and pages, wide and narrow, light and dark, for docs/screenshots/."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config.run import BASE_DIR
from tests import chromium
from tests.browser.accessibility import NARROW, WIDE, Colours
from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, sign_in_at_once
from tests.sandbox.running import RunningSandbox
from tests.stack import Stack

FOLDER = BASE_DIR / "docs/screenshots"
STATES = {"waiting": "processing", "answered": "completed", "credits": "failed", "comparison": "completed"}
PAGES = {"search": "/search/?q=proof", "usage": "/settings/usage/"}
OTHER_MODELS = ("Claude 3.5 Sonnet", "Llama 3 8B Instruct")
WIDTHS = {"wide": WIDE, "narrow": NARROW}
COLOURS: tuple[Colours, ...] = ("light", "dark")
OTHER_TITLES = (
    "Names for a small grey cat",
    "Why is the night sky dark?",
    "Minutes of Tuesday, shortened",
    "SQL: the newest row of each group",
    "A friendly answer to the landlord",
)
QUESTIONS = {
    "waiting": "Which three books should I read about compilers, and why these?",
    "answered": "A table of some planets, please, and code that prints Fibonacci numbers",
    "credits": "How do I prove that there are infinitely many primes?",
    "comparison": "A list of what to take along to the sea, please",
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running_stack() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.installed(), args=chromium.ARGUMENTS)
        for state in ("empty", *QUESTIONS, *PAGES):
            person = person_with_a_past(stack)
            path = prepare(browser.new_context(base_url=stack.url), stack, person, state)
            for width, colours in product(WIDTHS, COLOURS):
                picture = FOLDER / f"{state}-{width}-{colours}.png"
                take(new_window(browser, stack, person, width, colours), path, picture)
        browser.close()


@contextmanager
def running_stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        stack = Stack(Path(folder), {"SANDBOX_LATENCY_SECONDS": "1"})
        stack.start()
        try:
            yield stack
        finally:
            stack.stop()


def person_with_a_past(stack: Stack) -> Person:
    backstage = Backstage(stack)
    person = backstage.new_person("Ada")
    for title in OTHER_TITLES:
        backstage.new_conversation(person, title=title)
    backstage.close()
    return person


def prepare(context: BrowserContext, stack: Stack, person: Person, state: str) -> str:
    """Bring the state about for this person, who has asked something before. Returns where it can be seen."""
    sign_in_at_once(context, person, stack.url)
    sandbox, chat = RunningSandbox(stack.sandbox_url, stack.process), Chat(context.new_page())
    if state == "credits":
        sandbox.set_account(person.key, credits="0.001")
    chat.open("/").ask_and_wait("What is the shortest proof that you know?")
    if state == "waiting":
        sandbox.queue_fault("hold", key=person.key)
    chat.open(PAGES.get(state, "/"))
    if state == "comparison":
        choose_other_models(chat.page)
    if state in QUESTIONS:
        chat.ask(QUESTIONS[state])
        chat.expect_last(STATES[state], question=QUESTIONS[state])
    sandbox.control.close()
    path = chat.page.url
    context.close()
    return path


def choose_other_models(page: Page) -> None:
    page.get_by_role("button", name="Ask several models").click()
    for label in OTHER_MODELS:
        page.get_by_role("checkbox", name=label, exact=True).check()
    page.keyboard.press("Escape")


def new_window(browser: Browser, stack: Stack, person: Person, width: str, colours: Colours) -> BrowserContext:
    context = browser.new_context(
        base_url=stack.url, viewport=WIDTHS[width], color_scheme=colours, has_touch=width == "narrow"
    )
    sign_in_at_once(context, person, stack.url)
    return context


def take(window: BrowserContext, path: str, picture: Path) -> None:
    page = window.new_page()
    page.goto(path, wait_until="load")
    for beginning in page.get_by_text("Here is a table:").all():
        beginning.evaluate("(paragraph) => paragraph.scrollIntoView()")
    page.screenshot(path=picture, animations="disabled")
    window.close()


if __name__ == "__main__":
    main()
