"""Own data as a ZIP: all of it, nobody else's, and no key."""

import io
import json
import re
import tracemalloc
import uuid
import zipfile
from datetime import datetime

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.services.pictures import set_picture
from chat.models import Conversation, Message, Preset, Prompt
from chat.services import shelves
from chat.services.export import PARTS, as_json, write_archive
from chat.services.organising import pin_conversation, trash_conversation
from tests.accounts.services.test_pictures import image_file
from tests.chat.conftest import KEY
from tests.chat.sending import send


def exported(owner) -> dict[str, bytes]:
    file = io.BytesIO()
    write_archive(owner=owner, file=file)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def conversation_in(files: dict[str, bytes], ending: str) -> str:
    (name,) = (name for name in files if name.startswith("conversations/") and name.endswith(ending))
    return files[name].decode()


def test_a_conversation_comes_with_all_versions_and_what_they_cost(alice, conversation, question, reply, deliver):
    deliver(reply)
    other = Message.objects.create(conversation=conversation, parent=question, role="assistant", text="Another answer")
    data = json.loads(conversation_in(exported(alice), ".json"))
    assert (data["schema"], data["id"], data["title"]) == (1, str(conversation.pk), "hello")
    texts = {message["id"]: (message["parent"], message["role"], message["text"]) for message in data["messages"]}
    assert texts == {
        str(question.pk): (None, "user", "hello"),
        str(reply.message_id): (str(question.pk), "assistant", "Hi!"),
        str(other.pk): (str(question.pk), "assistant", "Another answer"),
    }
    assert data["active_leaf"] == str(reply.message_id)
    (attempt,) = (attempt for message in data["messages"] for attempt in message["replies"])
    assert (attempt["state"], attempt["cost"], attempt["input_tokens"]) == ("completed", "0.0006000000", 7)
    assert (attempt["model"], attempt["key_label"]) == ("llama-v3-8b-instruct", "Alice's")


def test_what_is_in_the_trash_comes_too_and_says_so(alice, conversation):
    pin_conversation(conversation=conversation)
    trash_conversation(conversation=conversation)
    data = json.loads(conversation_in(exported(alice), ".json"))
    assert (data["title"], data["pinned"], data["archived_at"]) == ("hello", True, None)
    assert datetime.fromisoformat(data["trashed_at"]) == conversation.trashed_at


def test_the_markdown_is_the_active_path(alice, conversation, question, reply, deliver):
    deliver(reply)
    Message.objects.create(conversation=conversation, parent=question, role="assistant", text="Another answer")
    Conversation.objects.update(instruction="Be brief.\nBe kind.")
    text = conversation_in(exported(alice), ".md")
    assert text.startswith("# hello\n\n> Be brief.\n> Be kind.\n\n## You, ")
    assert "hello" in text
    assert "\n\nHi!\n" in text
    assert "Another answer" not in text


def test_the_profile_the_picture_and_a_readme_are_in_it_and_no_key(alice, alice_key, haiku):
    set_picture(person=alice, file=image_file())
    shelves.put(thing=Preset(owner=alice, name="Mine", model=haiku, instruction="Be brief.", is_default=True))
    shelves.put(thing=Prompt(owner=alice, name="Weekly", text="Report on {{topic}}"))
    files = exported(alice)
    assert set(files) == {"README.md", "profile.json", "drafts.json", "picture.webp"}
    profile = json.loads(files["profile.json"])
    assert (profile["name"], profile["email"], profile["role"]) == ("Alice", "alice@example.com", "member")
    assert profile["new_chats"] == {"model": "claude-3-haiku", "instruction": "Be brief."}
    assert [(preset["name"], preset["is_default"]) for preset in profile["presets"]] == [("Mine", True)]
    assert [(prompt["name"], prompt["text"]) for prompt in profile["prompts"]] == [("Weekly", "Report on {{topic}}")]
    assert [key["label"] for key in profile["api_keys"]] == ["Alice's"]
    everything = b"".join(files.values())
    assert KEY.encode() not in everything
    assert alice_key.fingerprint.encode() not in everything


def test_every_field_stands_in_the_readme(alice, conversation):
    files = exported(alice)
    data, profile = json.loads(conversation_in(files, ".json")), json.loads(files["profile.json"])
    fields = {*data, *data["messages"][0], *data["messages"][1]["replies"][0], *profile, *profile["api_keys"][0]}
    readme = files["README.md"].decode()
    assert {field for field in fields if f"`{field}`" not in readme} == set()


def test_nobody_elses_is_in_it(alice, bob, conversation):
    assert set(exported(bob)) == {"README.md", "profile.json", "drafts.json"}


@pytest.mark.parametrize("title", ["../../etc/passwd", "a/b\\c\x00", "日本語", "x" * 200, "<script>"])
def test_a_title_makes_no_path_of_its_own(alice, conversation, title):
    Conversation.objects.update(title=title.replace("\x00", ""))
    names = [name for name in exported(alice) if name.startswith("conversations/")]
    assert len(names) == 3
    for name in names:
        folder, _, rest = name.partition("/")
        assert folder == "conversations"
        assert set(rest) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
        assert ".." not in rest


@given(st.recursive(st.text(), st.lists, max_leaves=10))
def test_any_text_comes_back_from_json(text):
    assert json.loads(as_json({"text": text})) == {"text": text}


def test_a_long_conversation_costs_no_more_memory_than_a_part_of_it(alice, llama):
    conversation = Conversation.objects.create(owner=alice, title="Long", updated_at=timezone.now())
    ids, text = [uuid.uuid4() for _ in range(600)], "x" * 40_000
    for pk, parent_id in zip(ids, [None, *ids], strict=False):
        Message.objects.create(pk=pk, conversation=conversation, parent_id=parent_id, role="user", text=text)
    conversation.active_leaf_id = ids[-1]
    for parts in PARTS.values():
        tracemalloc.start()
        length = sum(len(part) for part in parts(conversation))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert length > 24_000_000
        assert peak < 6_000_000


def test_any_text_is_exported_with_the_conversation(alice, alice_key, llama):
    send(alice, 'line one\n\u2028 "quotes" \\ </script> 🦜', model=llama)
    data = json.loads(conversation_in(exported(alice), ".json"))
    assert data["messages"][0]["text"] == 'line one\n\u2028 "quotes" \\ </script> 🦜'


def test_the_page_of_html_needs_nothing_and_runs_nothing(alice, conversation, reply, deliver):
    deliver(reply)
    hostile = (
        "<script>alert(1)</script> ![x](https://evil.example/x.png) $x^2$\n\n```python\na = 1\n```\n\n" + "a\n\n" * 3
    )
    Message.objects.filter(pk=reply.message_id).update(text=hostile, stored_html_version=0)
    Conversation.objects.update(title="</title><script>alert(2)</script>", instruction="<b>Be brief.</b>")
    page = conversation_in(exported(alice), ".html")
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;Be brief." in page
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in page
    assert '<span class="m">1</span>' in page
    assert "color-scheme: light dark" in page
    assert not re.search(r"<script|<link|<img|<button|<details|src=|url\(|@import", page)
    assert page.rstrip().endswith("</html>")
