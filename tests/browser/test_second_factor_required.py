"""A site that demands a second factor of everyone, from the first minute on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import problems_of
from tests.browser.backstage import PASSWORD
from tests.browser.conftest import Trouble
from tests.browser.passkeys import as_localhost, plug_in
from tests.databases import database_of_a_site
from tests.stack import Stack


@pytest.fixture(scope="module")
def strict_site(postgres: str, var_dir: Path) -> Iterator[Stack]:
    database = {"DATABASE_URL": database_of_a_site(postgres, "parley_strict")}
    stack = Stack(var_dir / "strict", {"REQUIRE_SECOND_FACTOR": "everyone", **database})
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture
def page(browser: Browser, strict_site: Stack) -> Iterator[Page]:
    url = as_localhost(strict_site.url)
    trouble = Trouble(url)
    with browser.new_context(base_url=url) as context:
        trouble.watch(context)
        yield context.new_page()
    assert trouble.seen == []


def test_whoever_has_none_sets_one_up_before_anything_else(page: Page) -> None:
    plug_in(page)
    page.goto("/")
    page.get_by_role("textbox", name="Name").fill("Ada")
    page.get_by_role("textbox", name="Email").fill("ada@example.com")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    assert problems_of(page) == []
    page.goto("/settings/keys/")
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()

    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("link", name="Back to the security settings").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
