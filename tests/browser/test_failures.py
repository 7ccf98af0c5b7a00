"""An answer that does not come: one plain sentence, a way on, and the typed text still there."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import problems_of
from tests.browser.backstage import Person
from tests.browser.chat import Chat
from tests.sandbox.running import RunningSandbox

# The magic word, the kind, the sentence, and the role and name of the way on.
KINDS = [
    ("spend-limit", "spend-limit", "Your team has reached its spend limit at Segmind.", ("link", "Use another key")),
    ("unauthorized", "key", "Segmind does not accept the API key.", ("link", "Replace the key")),
    ("forbidden", "forbidden", "This Segmind account may not use Claude 3 Haiku.", ("combobox", "Try with")),
    ("missing", "model", "Segmind does not offer Claude 3 Haiku any more.", ("combobox", "Try with")),
    ("fail", "refused", "Claude 3 Haiku did not want to answer this, or failed at it.", ("button", "Try again")),
    ("bad-request", "request", "Claude 3 Haiku can't work with this message as it is.", ("button", "Try again")),
    ("server-error", "upstream", "Segmind had a fault of its own and gave no answer.", ("button", "Try again")),
]


@pytest.mark.parametrize(("word", "kind", "sentence", "way_on"), KINDS)
def test_each_kind_of_error_is_a_plain_sentence_with_a_way_on(
    chat: Chat, word: str, kind: str, sentence: str, way_on: tuple[str, str]
) -> None:
    question = f"Answer this with sandbox:{word}"
    chat.ask(question)
    chat.expect_last("failed", question=question)
    expect(chat.alert).to_have_attribute("data-kind", kind)
    expect(chat.alert).to_contain_text(sentence)
    expect(chat.alert).to_contain_text("Nothing was billed.")
    role, name = way_on
    expect(chat.alert.get_by_role(role, name=name)).to_be_visible()  # type: ignore[arg-type]  # any role is a string here
    assert problems_of(chat.page) == []


def test_credit_warning_names_the_balance_and_tries_again_once_there_is_more(
    chat: Chat, person: Person, sandbox: RunningSandbox
) -> None:
    sandbox.set_account(person.key, credits="0.0001")
    chat.ask("What is it worth?")
    chat.expect_last("failed", question="What is it worth?")
    expect(chat.alert).to_have_attribute("data-kind", "credits")
    expect(chat.alert).to_contain_text("Your Segmind account does not have enough credits for this.")
    expect(chat.alert).to_contain_text("Your balance is 0.0001")
    add = chat.alert.get_by_role("link", name="Add credits at Segmind")
    expect(add).to_have_attribute("href", "https://cloud.segmind.com/billing")
    expect(chat.alert.get_by_role("link", name="Use another key")).to_have_attribute("href", "/settings/keys/")
    expect(chat.alert.get_by_role("combobox", name="Try with")).to_have_value("claude-3-haiku")
    assert problems_of(chat.page) == []

    sandbox.set_account(person.key, credits="25")
    chat.alert.get_by_role("button", name="Try again").click()
    chat.expect_last("completed", question="What is it worth?")
    expect(chat.credits).to_have_attribute("data-credits", "24.9992900000")


def test_after_the_credit_warning_another_model_may_answer(chat: Chat) -> None:
    chat.ask("Try this, sandbox:credits=1 please")
    chat.expect_last("failed", question="Try this, sandbox:credits=1 please")
    chat.alert.get_by_role("combobox", name="Try with").select_option(label="Claude 3.5 Sonnet")
    chat.alert.get_by_role("button", name="Try again").click()
    chat.expect_last("completed", question="Try this, sandbox:credits=1 please")
    expect(chat.transcript.get_by_role("article", name="Claude 3.5 Sonnet")).to_have_count(1)


def test_next_message_goes_through_after_a_failed_one(chat: Chat, person: Person, sandbox: RunningSandbox) -> None:
    sandbox.queue_fault("credits", key=person.key)
    chat.ask("Anyone there?")
    chat.expect_last("failed", question="Anyone there?")
    chat.ask_and_wait("And now?")
    expect(chat.questions).to_have_text(["Anyone there?", "And now?"])


def test_refused_key_can_be_replaced_and_the_message_sent_again(
    chat: Chat, person: Person, sandbox: RunningSandbox
) -> None:
    sandbox.queue_fault("unauthorized", key=person.key)
    question = "Is the key good?"
    chat.ask(question)
    chat.expect_last("failed", question=question)
    path = chat.page.url
    chat.alert.get_by_role("button", name="Try again").click()
    expect(chat.page.get_by_text("There is no working key to pay for this. Add one, then try again.")).to_be_visible()
    chat.alert.get_by_role("link", name="Replace the key").click()
    chat.page.get_by_role("button", name="Add key").click()
    chat.page.get_by_role("textbox", name="Label").fill("Fresh")
    chat.page.get_by_role("textbox", name="API key").fill(sandbox.new_key())
    chat.page.get_by_role("button", name="Save key").click()
    expect(chat.page.get_by_text("“Fresh” works.")).to_be_visible()
    chat.open(path).alert.get_by_role("button", name="Try again").click()
    chat.expect_last("completed", question=question)


@pytest.mark.parametrize(
    ("word", "state", "sentence"),
    [
        ("drop=1", "unknown", "This was sent, but the answer was lost on the way."),
        ("bad-gateway=1", "failed", "Segmind had a fault of its own and gave no answer."),
    ],
)
def test_what_may_have_been_billed_is_sent_again_only_knowingly(
    chat: Chat, person: Person, sandbox: RunningSandbox, word: str, state: str, sentence: str
) -> None:
    question = f"Where did it go? sandbox:{word}"
    chat.ask(question)
    chat.expect_last(state, question=question)
    expect(chat.alert).to_contain_text(sentence)
    expect(chat.alert).to_contain_text("It may have been billed, so asking again may cost twice.")
    assert problems_of(chat.page) == []

    dialog = chat.page.get_by_role("dialog", name="Ask again, knowing that it may cost twice?")
    chat.alert.get_by_role("button", name="Try again").click()
    dialog.get_by_role("button", name="Leave it").click()
    expect(dialog).to_be_hidden()
    assert sandbox.ledger(key=person.key)["posts"] == 1

    chat.alert.get_by_role("button", name="Try again").click()
    dialog.get_by_role("button", name="Try again").click()
    chat.expect_last("completed", question=question)
    assert sandbox.ledger(key=person.key)["posts"] == 2


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("empty", "The model finished without writing anything."),
        ("length", "Cut off by the model's length limit."),
    ],
)
def test_answer_that_is_none_or_half_says_so(chat: Chat, word: str, sentence: str) -> None:
    answer = chat.ask_and_wait(f"Speak, sandbox:{word}")
    expect(answer.get_by_text(sentence)).to_be_visible()


def test_too_many_requests_is_a_wait_and_not_an_error(chat: Chat) -> None:
    question = "Slowly, sandbox:rate=6"
    chat.ask(question)
    expect(chat.questions).to_have_text(question)
    expect(chat.answers.last.get_by_text("Sent in about")).to_be_visible()
    chat.expect_last("completed", question=question)
