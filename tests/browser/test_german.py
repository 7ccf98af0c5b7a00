"""Somebody chooses German, asks, meets a failure, looks at the settings: no English is left, and axe finds nothing."""

import re

from playwright.sync_api import Page, expect

from tests.browser.accessibility import NARROW, WIDE, problems_of
from tests.browser.backstage import Person
from tests.browser.chat import sign_in
from tests.translation import catalogue

# What is shown, and what is read out.
TEXTS = """() => {
  const attributes = ["alt", "aria-label", "placeholder", "title"]
  const shown = [...document.querySelectorAll("body *")].flatMap((element) => [
    ...[...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data),
    ...attributes.map((name) => element.getAttribute(name) ?? ""),
  ])
  return [document.title, ...shown].map((text) => text.trim().replace(/\\s+/g, " "))
}"""
# The same word in both, of which one meaning is German.
HOMONYMS = {"Name"}


def english_on(page: Page) -> set[str]:
    """The English texts of the catalogue that stand on the page as they are."""
    messages = catalogue.entries(catalogue.read())
    originals = [(catalogue.forms(message.id)[0], catalogue.forms(message.string)[0]) for message in messages]
    german = {translated for _, translated in originals}
    english = {original for original, translated in originals if original != translated} - german - HOMONYMS
    return set(page.evaluate(TEXTS)) & english


def expect_german(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert english_on(page) == set()
    assert problems_of(page) == []
    # German words are longer.
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.set_viewport_size(WIDE)


def test_whole_way_in_german(page: Page, person: Person) -> None:
    page.goto("/accounts/login/")
    sign_in(page, person)
    page.goto("/settings/")
    # So that the test notices what it looks for.
    assert "Save" in english_on(page)
    page.get_by_role("combobox", name="Language").select_option(label="Deutsch")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("combobox", name="Sprache")).to_have_value("de")
    expect_german(page)

    page.get_by_role("link", name="Neue Unterhaltung").click()
    box, answers = page.get_by_role("textbox", name="Nachricht"), page.locator("article[data-state]")
    expect_german(page)
    box.fill("Was kostet das?")
    page.get_by_role("button", name="Senden", exact=True).click()
    expect(answers.last).to_have_attribute("data-state", "completed")
    expect(answers.last).to_contain_text(re.compile(r"0,\d+ Credits"))
    # Numbers for the script and for forms stay as machines write them.
    expect(page.locator("[data-credits]").first).to_have_attribute("data-credits", re.compile(r"^\d+\.\d+$"))
    expect(page.locator("#temperature")).to_have_attribute("value", re.compile(r"^0\.\d$"))
    expect_german(page)

    box.fill("Und das, mit sandbox:unauthorized?")
    box.press("Enter")
    expect(answers.last).to_have_attribute("data-state", "failed")
    expect(answers.last.get_by_role("alert")).to_contain_text("Segmind nimmt den API-Schlüssel nicht an.")
    expect_german(page)
