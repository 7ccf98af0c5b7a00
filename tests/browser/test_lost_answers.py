"""An answer that was lost: what its balance says, and letting the matter rest."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import problems_of
from tests.browser.backstage import Person
from tests.browser.chat import Chat
from tests.sandbox.running import RunningSandbox

LOST = "Lose this one"


@pytest.fixture
def losing_chat(chat: Chat, person: Person, sandbox: RunningSandbox) -> Chat:
    """Its last answer was lost, and billed all the same."""
    chat.ask_and_wait("Something before")
    sandbox.queue_fault("drop", key=person.key, on="post")
    chat.ask(LOST)
    chat.expect_last("unknown", question=LOST)
    return chat


def test_the_balance_tells_that_it_was_billed(losing_chat: Chat) -> None:
    chat = losing_chat
    chat.alert.get_by_role("button", name="Ask for the balance").click()
    expect(chat.page.get_by_role("status").filter(has_text="So it was billed")).to_be_visible()
    chat.expect_last("unknown", question=LOST)
    assert problems_of(chat.page) == []


def test_giving_up_quietens_the_warning_and_the_conversation_goes_on(losing_chat: Chat) -> None:
    chat = losing_chat
    expect(chat.alert).to_contain_text("It may have been billed")
    chat.alert.get_by_role("button", name="Give up").press("Enter")
    expect(chat.alert).to_have_count(0)
    expect(chat.answers.last).to_contain_text("Given up on")
    assert problems_of(chat.page) == []
    chat.ask_and_wait("Something else")
