"""Conversations with words of the test's own choosing: they are imported, on the page that does it."""

import json
from typing import Any

from playwright.sync_api import Page, expect

from tests.chat.exported import conversation_of, message

PATH = "/settings/import/"


def with_answers(*answers: str, title: str = "Imported") -> dict[str, Any]:
    """A conversation in which each of the texts answers a question, as its export has it."""
    messages: list[dict[str, Any]] = []
    for number, text in enumerate(answers, start=1):
        parent = messages[-1]["id"] if messages else None
        messages.append(message(text=f"Question {number}", parent=parent))
        messages.append(message(text=text, role="assistant", parent=messages[-1]["id"]))
    return conversation_of(*messages, title=title)


def choose(page: Page, conversation: dict[str, Any]) -> None:
    data = json.dumps(conversation).encode()
    page.get_by_label("File", exact=True).set_input_files({"name": "c.json", "mimeType": "", "buffer": data})


def bring(page: Page, conversation: dict[str, Any]) -> str:
    """Import it. Returns its path."""
    page.goto(PATH)
    choose(page, conversation)
    page.get_by_role("button", name="Import").click()
    expect(page.locator("[data-outcome]")).to_have_attribute("data-outcome", "new")
    path = page.locator("[data-outcome] a").get_attribute("href")
    assert path
    return path
