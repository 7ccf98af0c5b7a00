"""Chromium, the running site, and the people in front of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError
from pytest_playwright import CreateContextCallback

from tests.browser.accessibility import problems_of
from tests.browser.backstage import PASSWORD, Backstage, Person
from tests.browser.chat import PATIENCE_MILLISECONDS, Chat, sign_in_at_once
from tests.browser.passkeys import as_localhost
from tests.sandbox.running import RunningSandbox
from tests.stack import Stack


@pytest.fixture(scope="session")
def base_url(parley_server: Stack) -> str:
    return parley_server.url


@pytest.fixture(scope="session")
def sandbox(parley_server: Stack) -> Iterator[RunningSandbox]:
    """The stand-in of the running site, which now answers as fast as it can."""
    sandbox = RunningSandbox(parley_server.sandbox_url, parley_server.process)
    sandbox.set_latency(0)
    yield sandbox
    sandbox.control.close()


# --- People -------------------------------------------------------------------
@dataclass
class FirstVisit:
    """What the one who set the site up has met."""

    first_address: str = ""
    accessibility_problems: list[str] = field(default_factory=list)
    address_afterwards: str = ""
    focused_afterwards: str = ""


@pytest.fixture(scope="session")
def first_visit(browser: Browser, browser_context_args: dict[str, Any], base_url: str) -> FirstVisit:
    """Set the site up, in the browser. It happens once, so what was seen is kept."""
    visit = FirstVisit()
    with browser.new_context(**browser_context_args) as context:
        page = context.new_page()
        page.goto("/")
        visit.first_address = page.url.removeprefix(base_url)
        visit.accessibility_problems = problems_of(page)
        page.get_by_role("textbox", name="Name").fill("Ada")
        page.get_by_role("textbox", name="Email").fill("ada@example.com")
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Create account").click()
        page.get_by_role("textbox", name="Message").wait_for()
        visit.address_afterwards = page.url.removeprefix(base_url)
        visit.focused_afterwards = page.evaluate("document.activeElement.labels[0].textContent")
    return visit


@pytest.fixture(scope="session")
def backstage(parley_server: Stack, first_visit: FirstVisit) -> Iterator[Backstage]:
    """Only after the first visit: there is nothing to set up any more once it has made somebody."""
    backstage = Backstage(parley_server)
    yield backstage
    backstage.close()


@pytest.fixture
def person(backstage: Backstage, sandbox: RunningSandbox) -> Person:
    """Somebody of this test alone."""
    return backstage.new_person()


# --- Pages --------------------------------------------------------------------
@dataclass
class Trouble:
    """What no page may do, whatever it shows: break its own rules, fail in a script, ask another host."""

    host: str
    seen: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._hear)
        context.on("weberror", self._note_error)
        context.on("request", self._follow)

    def _hear(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.seen.append(message.text)

    def _note_error(self, error: WebError) -> None:
        self.seen.append(str(error.error))

    def _follow(self, request: Request) -> None:
        here = (f"{self.host}/", f"{as_localhost(self.host)}/", "data:", "blob:")
        if not request.url.startswith(here):
            self.seen.append(f"asked {request.url}")


@pytest.fixture
def new_context(new_context: CreateContextCallback, base_url: str) -> Iterator[CreateContextCallback]:
    """Contexts under watch; each test ends with a look at what was seen."""
    trouble = Trouble(base_url)

    def new_watched_context(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        trouble.watch(context)
        return context

    yield cast(CreateContextCallback, new_watched_context)
    assert trouble.seen == []


@pytest.fixture
def chat(context: BrowserContext, page: Page, person: Person, base_url: str) -> Chat:
    """A new conversation on the page of `person`, who is signed in."""
    sign_in_at_once(context, person, base_url)
    return Chat(page).open("/")


@pytest.fixture
def administrator(backstage: Backstage) -> Person:
    return backstage.new_person("Grace", role="administrator")


@pytest.fixture
def admin(new_context: CreateContextCallback, administrator: Person, base_url: str) -> Page:
    """The admin panel in front of an administrator."""
    context = new_context()
    sign_in_at_once(context, administrator, base_url)
    return context.new_page()
