"""Images and text files, all the way: chosen, dragged, pasted, described, sent and seen, with and without a script."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, expect

from tests.browser.accessibility import NARROW, problems_now, problems_of
from tests.browser.chat import Chat
from tests.chat.image_files import image_bytes

RED = FilePayload(name="red.png", mimeType="image/png", buffer=image_bytes(size=(600, 400)))
BLUE = FilePayload(name="blue.jpg", mimeType="image/jpeg", buffer=image_bytes("JPEG", (2000, 1000), colour="blue"))
TABLE = FilePayload(name="<b>table<b>.csv", mimeType="text/csv", buffer=b"name,moons\n</pre><script>x</script>,2\n")
BINARY = FilePayload(name="tool.exe", mimeType="application/octet-stream", buffer=b"MZ\0\1\2")

# What a browser tells a page about files that are dragged or pasted: no test can move real ones.
HAND_OVER = """([selector, kind, name, type, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
  const data = new DataTransfer()
  data.items.add(new File([bytes], name, { type }))
  const options = { bubbles: true, cancelable: true }
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: data })
    : new DragEvent("drop", { ...options, dataTransfer: data })
  document.querySelector(selector).dispatchEvent(event)
}"""


def hand_over(chat: Chat, selector: str, kind: str, file: FilePayload) -> None:
    content = base64.b64encode(file["buffer"]).decode()
    chat.page.evaluate(HAND_OVER, [selector, kind, file["name"], file["mimeType"], content])


def choose(chat: Chat, *files: FilePayload) -> None:
    with chat.page.expect_file_chooser() as chooser:
        chat.page.get_by_role("button", name="Attach images").click()
    chooser.value.set_files(files)


def attachments(chat: Chat) -> Locator:
    return chat.page.locator("#composer").get_by_role("list", name="Attachments").get_by_role("listitem")


def test_images_from_the_disk_by_drag_and_by_paste_reach_the_model(chat: Chat) -> None:
    page, blind = chat.page, chat.page.get_by_text("The chosen model can't see images.")
    choose(chat, RED)
    expect(page.get_by_role("button", name="Remove red.png")).to_be_visible()
    hand_over(chat, ".transcript", "drop", BLUE)
    hand_over(chat, "#message", "paste", {**RED, "name": "pasted.png"})
    expect(page.get_by_role("button", name="Remove pasted.png")).to_be_visible()
    expect(attachments(chat)).to_have_count(3)
    expect(chat.send).to_be_enabled()

    expect(blind).to_be_hidden()
    chat.model.select_option(label="Llama 3 8B Instruct")
    expect(blind).to_be_visible()
    chat.ask("What do you see?")
    expect(chat.model).to_have_accessible_description(
        "Llama 3 8B Instruct can't see images. Choose another model, or remove the images."
    )
    expect(chat.box).to_have_value("What do you see?")
    assert problems_of(page) == []
    chat.model.select_option(label="Claude 3 Haiku")

    description = page.get_by_role("textbox", name="Description of red.png")
    description.fill("A red flag")
    with page.expect_response("**/description/"):
        description.press("Enter")
    page.get_by_role("button", name="Remove pasted.png").click()
    expect(attachments(chat)).to_have_count(2)
    chat.model.select_option(label="Claude 3 Haiku")
    page.reload()
    expect(attachments(chat)).to_have_count(2)
    expect(description).to_have_value("A red flag")
    expect(chat.box).to_have_value("What do you see?")
    chat.box.press("Enter")

    expect(chat.answers.last).to_have_attribute("data-state", "completed")
    expect(chat.answers.last).to_contain_text("With it came 2 image(s): image/png")
    expect(chat.answers.last).to_contain_text("600 × 400 pixels")
    expect(chat.answers.last).to_contain_text("1568 × 784 pixels")
    expect(attachments(chat)).to_have_count(0)
    shown = chat.questions.last.get_by_role("img", name="A red flag")
    expect(shown).to_be_visible()
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 400
    assert problems_of(page) == []
    with page.expect_popup() as full:
        shown.click()
    expect(full.value.locator("img")).to_be_visible()


def test_a_text_file_on_a_phone_is_folded_harmless_and_can_be_copied(chat: Chat) -> None:
    page = chat.page
    page.set_viewport_size(NARROW)
    choose(chat, BINARY, TABLE)
    refused = attachments(chat).filter(has_text="tool.exe")
    expect(refused.get_by_role("alert")).to_contain_text("neither a JPEG, PNG, WebP or GIF image nor a text")
    assert problems_now(page) == []
    refused.get_by_role("button", name="Dismiss").click()
    expect(attachments(chat)).to_have_count(1)
    chat.send.click()

    expect(chat.answers.last).to_have_attribute("data-state", "completed")
    expect(chat.answers.last).to_contain_text("File “<b>table<b>.csv”:")
    block = chat.questions.last.get_by_role("group")
    expect(block).to_contain_text("2 lines")
    block.get_by_text("<b>table<b>.csv").click()
    expect(block.locator("pre")).to_have_text("name,moons\n</pre><script>x</script>,2\n")
    assert problems_now(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block.get_by_role("button", name="Copy").click()
    expect(block.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "name,moons\n</pre><script>x</script>,2\n"


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_a_script_files_go_with_the_message(chat: Chat, tmp_path: Path) -> None:
    page = chat.page
    files = page.get_by_role("button", name="Attach images")
    files.set_input_files([RED, BINARY])
    chat.box.fill("What is this?")
    chat.send.click()
    expect(page.get_by_text("tool.exe: This is neither")).to_be_visible()
    expect(chat.box).to_have_value("What is this?")
    expect(attachments(chat)).to_have_count(1)

    files.set_input_files([BLUE])
    page.get_by_role("textbox", name="Description of red.png").fill("A red flag")
    chat.send.click()
    chat.see_the_answer()
    expect(chat.answers.last).to_contain_text("With it came 2 image(s)")
    expect(chat.questions.last.get_by_role("img", name="A red flag")).to_be_visible()

    files.set_input_files([TABLE])
    chat.box.fill(" ")
    chat.model.select_option(label="Llama 3 8B Instruct")
    chat.send.click()
    chat.see_the_answer()
    expect(chat.questions.last.get_by_role("group")).to_contain_text("table")
    expect(chat.answers.last).to_contain_text("have seen 3 turns")
