"""What an administrator has to do now and then, each as a whole way; inviting and disabling are in test_people.py."""

import csv
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from pytest_playwright import CreateContextCallback

from tests.browser.backstage import Backstage, Person
from tests.browser.chat import Chat, sign_in_at_once
from tests.browser.test_people import act_on_person
from tests.sandbox.running import RunningSandbox


@pytest.fixture
def plain_admin(new_context: CreateContextCallback, administrator: Person, base_url: str) -> Page:
    """The panel in a browser without JavaScript."""
    context = new_context(java_script_enabled=False)
    sign_in_at_once(context, administrator, base_url)
    return context.new_page()


def ask_for_more(chat: Chat, amount: str) -> None:
    chat.alert.get_by_role("link", name="Ask for more").click()
    chat.page.get_by_label("How many credits more?").fill(amount)
    chat.page.get_by_label("What do you need them for?").fill("The report is due on Friday")
    chat.page.get_by_role("button", name="Ask", exact=True).click()
    expect(chat.page.get_by_text("The administrators were asked.")).to_be_visible()


def test_more_is_asked_for_refused_asked_for_again_and_granted_by_keyboard(
    chat: Chat, person: Person, admin: Page, backstage: Backstage
) -> None:
    backstage.limit(person, "0.0000001")
    chat.open("/").ask("May I?")
    chat.expect_last("failed", question="May I?")
    conversation = chat.page.url
    ask_for_more(chat, "1")

    admin.goto("/admin/")
    admin.get_by_role("link", name="Requests for more").first.focus()
    admin.keyboard.press("Enter")
    request = admin.get_by_role("row").filter(has_text=person.name).filter(has_text="The report is due").last
    request.get_by_role("button", name="Refuse").press("Enter")
    expect(admin.get_by_text("Refused: 1.00 credits for Alice.")).to_be_visible()

    chat.open(conversation)
    ask_for_more(chat, "2")
    admin.goto("/admin/chat/budgetrequest/?state__exact=open")
    button = admin.get_by_role("row").filter(has_text="The report is due").last.get_by_role("button", name="Grant")
    for _ in range(60):
        if button.evaluate("(button) => button === document.activeElement"):
            break
        admin.keyboard.press("Tab")
    admin.keyboard.press("Enter")
    expect(admin.get_by_text("Granted: 2.00 credits for Alice.")).to_be_visible()

    chat.open(conversation)
    chat.answers.last.get_by_role("button", name="Try again").click()
    chat.expect_last("completed", question="May I?")


def test_a_paused_key_pays_no_more_until_it_is_resumed(
    chat: Chat, person: Person, plain_admin: Page, backstage: Backstage, sandbox: RunningSandbox
) -> None:
    """Without JavaScript, from the figure on the front page that warns of it."""
    label = backstage.new_team_key(person, sandbox.new_key(), state="exhausted")
    plain_admin.goto("/admin/")
    plain_admin.get_by_role("link", name="Keys that need attention").click()
    row = plain_admin.get_by_role("row").filter(has_text=label)
    expect(row).to_contain_text("no credits left")
    act_on(plain_admin, label, "Pause the selected keys of the team")
    expect(row).to_have_count(0)
    expect(chat.open("/").page.get_by_text("To send a message you need an API key")).to_be_visible()
    plain_admin.goto("/admin/accounts/apikey/")
    expect(row).to_contain_text("paused")
    act_on(plain_admin, label, "Resume the selected keys of the team")
    chat.open("/").ask_and_wait("Is there money again?")


def act_on(page: Page, words: str, action: str) -> None:
    page.get_by_role("row").filter(has_text=words).get_by_role("checkbox").check()
    page.get_by_role("combobox", name="Action").select_option(label=action)
    page.get_by_role("button", name="Run").click()


def test_who_spent_what_is_read_and_taken_along(chat: Chat, person: Person, admin: Page) -> None:
    chat.ask_and_wait("What does this cost?")
    admin.goto("/admin/")
    admin.get_by_role("link", name="Credits spent this month").click()
    admin.get_by_label("By", exact=True).select_option("Person")
    admin.get_by_role("button", name="Show").click()
    admin.get_by_role("link", name=person.name, exact=True).first.click()
    shown = admin.locator("#usage-times td[data-value]").evaluate_all(
        "(cells) => cells.map((cell) => cell.dataset.value)"
    )
    with admin.expect_download() as download:
        admin.get_by_role("link", name="CSV over time").click()
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    amounts = [Decimal(row["Credits"]) for row in rows]
    assert amounts == [Decimal(amount) for amount in shown]
    assert sum(amounts) > 0
    admin.emulate_media(media="print")
    expect(admin.locator("#usage-times")).to_be_visible()
    for hidden in (admin.locator("#header"), admin.locator("#nav-sidebar"), admin.get_by_role("button", name="Show")):
        expect(hidden).to_be_hidden()


def test_a_model_that_is_offered_no_more_is_gone_from_the_message_box(chat: Chat, admin: Page) -> None:
    label = "Claude 3.5 Sonnet"
    expect(chat.model.get_by_role("option", name=label)).to_have_count(1)
    try:
        admin.goto("/admin/chat/languagemodel/")
        act_on(admin, label, "Don't offer the selected models")
        expect(chat.open("/").model.get_by_role("option", name=label)).to_have_count(0)
    finally:
        admin.goto("/admin/chat/languagemodel/")
        act_on(admin, label, "Offer the selected models")
    expect(chat.open("/").model.get_by_role("option", name=label)).to_have_count(1)


def test_an_unknown_reply_is_settled_from_the_figure_that_tells_of_it(
    person: Person, plain_admin: Page, backstage: Backstage
) -> None:
    """Without JavaScript."""
    reply = backstage.lose_reply(person)
    page = plain_admin
    page.goto("/admin/")
    page.get_by_role("link", name="Unknown replies to settle").click()
    page.locator(f"a[href*='{reply}/closing/']").click()
    page.get_by_role("radio", name="It was billed").check()
    page.get_by_label("Reason").fill("In Segmind's own list of requests")
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_text("What was billed has a cost.")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("In Segmind's own list of requests")
    page.get_by_label("Cost, in credits").fill("0.0123456789")
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_text("It is closed, and the ledger has the entry.")).to_be_visible()
    assert backstage.facts_of(reply) == {"billed": "yes", "cost": "0.0123456789"}
    page.goto("/admin/chat/unknownreply/?unsettled=yes")
    expect(page.locator(f"a[href*='{reply}/closing/']")).to_have_count(0)


def test_sessions_are_ended_from_the_list_of_people(chat: Chat, person: Person, admin: Page) -> None:
    act_on_person(admin, person, "Sign them out everywhere")
    expect(admin.get_by_text("is signed out everywhere")).to_be_visible()
    chat.open("/")
    expect(chat.page.get_by_role("button", name="Sign in")).to_be_visible()
