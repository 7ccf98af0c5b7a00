"""People come, are kept out, and go: each way from its beginning to its end."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pytest_playwright import CreateContextCallback

from tests.browser.accessibility import NARROW, problems_of
from tests.browser.backstage import PASSWORD, Backstage, Person
from tests.browser.chat import Chat, sign_in, sign_in_at_once
from tests.sandbox.running import RunningSandbox


@pytest.fixture
def admin(new_context: CreateContextCallback, backstage: Backstage, base_url: str) -> Page:
    """The admin panel in front of an administrator."""
    context = new_context()
    sign_in_at_once(context, backstage.new_person("Grace", role="administrator"), base_url)
    page = context.new_page()
    page.goto("/admin/")
    return page


def act_on_person(admin: Page, person: Person, action: str) -> None:
    admin.goto(f"/admin/accounts/user/?q={person.email}")
    admin.get_by_role("row").filter(has_text=person.email).get_by_role("checkbox").check()
    admin.get_by_role("combobox", name="Action").select_option(label=action)
    admin.get_by_role("button", name="Run").click()


def test_invited_person_comes_to_the_first_answer(admin: Page, page: Page, sandbox: RunningSandbox) -> None:
    admin.get_by_role("link", name="Invitations").click()
    admin.get_by_role("link", name="Add invitation").click()
    admin.get_by_role("textbox", name="Email").fill("zoe@example.com")
    admin.get_by_role("button", name="Save", exact=True).click()
    link = admin.get_by_role("textbox", name="Link for zoe@example.com").input_value()

    page.goto(link)
    assert problems_of(page) == []
    expect(page.get_by_role("textbox", name="Email")).to_have_value("zoe@example.com")
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type("Zoe")
    page.get_by_role("textbox", name="Password").press_sequentially("short")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Password")).to_be_focused()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Zoe")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    Chat(page).ask_and_wait("My first question")

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", name="This invitation is over")).to_be_visible()
    admin.goto("/admin/accounts/invitation/")
    expect(admin.get_by_role("row").filter(has_text="zoe@example.com").first).to_contain_text("accepted")


def test_who_is_disabled_while_waiting_is_out_at_once(
    admin: Page, chat: Chat, person: Person, sandbox: RunningSandbox
) -> None:
    chat.ask("Patience, sandbox:hold")
    chat.expect_last("processing", question="Patience, sandbox:hold")
    act_on_person(admin, person, "Disable: sign them out and keep them out")
    expect(admin.get_by_text("is disabled and signed out")).to_be_visible()
    # Long before the wait would have ended by itself.
    expect(chat.page.get_by_text("What you write is kept here.").last).to_be_visible(timeout=8_000)
    chat.open("/accounts/login/")
    sign_in(chat.page, person)
    expect(chat.page.get_by_role("textbox", name="Message")).to_have_count(0)
    assert sandbox.release(person.key) == 1
    act_on_person(admin, person, "Enable: let them sign in again")
    chat.open("/accounts/login/")
    sign_in(chat.page, person)
    expect(chat.page.get_by_role("textbox", name="Message")).to_be_visible()


def test_account_is_to_be_deleted_and_kept_after_all(chat: Chat) -> None:
    page = chat.open("/settings/").page
    page.get_by_role("button", name="Delete account").click()
    dialog = page.get_by_role("dialog", name="Delete your account?")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    assert problems_of(page) == []
    dialog.get_by_role("button", name="Delete account").click()
    expect(page.get_by_text("will be deleted on")).to_be_visible()
    assert problems_of(page) == []
    page.get_by_role("button", name="Keep my account").click()
    expect(page.get_by_text("Your account stays.")).to_be_visible()
    expect(page.get_by_role("button", name="Delete account")).to_be_visible()


def test_account_is_kept_by_signing_in_again(chat: Chat, person: Person) -> None:
    page = chat.open("/settings/").page
    page.get_by_role("button", name="Delete account").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete account").click()
    expect(page.get_by_text("will be deleted on")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, person)
    expect(page.get_by_text("Welcome back. Your account stays.")).to_be_visible()


def test_picture_is_uploaded_seen_and_removed(chat: Chat, tmp_path: Path) -> None:
    photo = tmp_path / "me.jpg"
    Image.new("RGB", (900, 600), "teal").save(photo)
    page = chat.open("/settings/").page
    expect(page.locator(".picture").first).to_have_text("A")
    page.get_by_label("Picture", exact=True).set_input_files(photo)
    page.get_by_role("button", name="Upload picture").click()
    shown = page.get_by_role("main").locator("img.picture")
    expect(shown).to_have_js_property("naturalWidth", 256)
    page.get_by_role("button", name="Remove picture").click()
    expect(shown).to_have_count(0)


def test_default_preset_is_what_a_new_chat_starts_with(chat: Chat) -> None:
    page = chat.open("/settings/").page
    page.get_by_role("link", name="Choose model and instruction").click()
    page.get_by_text("New preset").click()
    page.get_by_role("textbox", name="Name").fill("Rhymes")
    page.get_by_role("combobox", name="Model").select_option(label="Claude 3 Haiku")
    page.get_by_role("textbox", name="Instruction").fill("Answer in rhymes.")
    page.get_by_role("checkbox", name="Start new chats with it").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("link", name="New chat").click()
    expect(chat.model).to_have_value("claude-3-haiku")
    chat.settings.click()
    expect(page.get_by_role("textbox", name="Instruction")).to_have_value("Answer in rhymes.")


def test_own_data_is_downloaded(chat: Chat, person: Person, backstage: Backstage) -> None:
    backstage.new_conversation(person, turns=2, title="Of apples")
    page = chat.open("/settings/").page
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".md") and "of-apples" in name)
        assert "Question 2" in archive.read(name).decode()
        assert person.key.encode() not in b"".join(archive.read(name) for name in archive.namelist())


def test_settings_fit_a_phone_and_work_by_keyboard(chat: Chat) -> None:
    page = chat.page
    page.set_viewport_size(NARROW)
    for path in ("/settings/", "/settings/presets/"):
        chat.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    chat.open("/settings/")
    page.get_by_role("textbox", name="Name").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Alice by hand")
    page.keyboard.press("Tab")
    page.keyboard.type("Asia/Tok")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Dark")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Alice by hand")
    expect(page.get_by_role("combobox", name="Time zone")).to_have_value("Asia/Tokyo")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
