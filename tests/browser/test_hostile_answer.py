"""A model's answer is untrusted: nothing in it runs, loads, or reaches out of its own article."""

import re

from playwright.sync_api import expect

from tests.browser.chat import Chat

LOADING = "script, style, link, iframe, object, embed, img, svg, form, input, base, meta, video, audio"


def test_hostile_answer_does_nothing(chat: Chat) -> None:
    """That no host was asked, and no rule of the CSP broken, is looked at after every test."""
    question = "Do your worst, sandbox:hostile"
    answer = chat.ask_and_wait(question)
    prose = answer.locator(".prose")
    expect(prose.get_by_role("heading", name="Hostile answer")).to_be_visible()
    chat.page.reload(wait_until="networkidle")
    chat.expect_last("completed", question=question)

    expect(chat.page).to_have_title(f"{question} · Parley")
    expect(prose.locator(LOADING)).to_have_count(0)
    inside = prose.inner_html()
    assert not re.search(r"<[^>]*\s(hx-|data-hx-|on\w+=|style=|id=)", inside)
    assert "javascript:" not in "".join(prose.locator("a").evaluate_all("(links) => links.map((a) => a.href)"))
    expect(chat.box).to_be_enabled()
    expect(chat.page.locator("#composer")).to_have_count(1)


def test_links_open_elsewhere_and_tell_nothing(chat: Chat) -> None:
    answer = chat.ask_and_wait("A link, sandbox:hostile")
    link = answer.get_by_role("link", name="good")
    expect(link).to_have_attribute("href", "https://example.org/")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_what_a_person_or_segmind_writes_is_shown_as_written(chat: Chat) -> None:
    text = "<img src=x onerror=alert(1)> <b>bold</b> {{ 7 }} sandbox:value"
    chat.ask(text)
    chat.expect_last("failed", question=text)
    expect(chat.questions.locator("img, b")).to_have_count(0)
    expect(chat.conversations).to_have_text([text])
