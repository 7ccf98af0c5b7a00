"""Trees of messages and what an export of them looks like, for the tests of import."""

import io
import json
import uuid
import zipfile
from typing import Any

from hypothesis import strategies as st

TIMES = st.datetimes().map(lambda time: time.replace(year=2000 + time.year % 20).isoformat() + "Z")
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def as_file(facts: Any) -> io.BytesIO:
    return io.BytesIO(json.dumps(facts).encode())


def as_zip(**files: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"conversations/{name}.json", data)
    file.seek(0)
    return file


def message(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "parent": None,
        "role": "user",
        "text": "hello",
        "starts_fresh_after": False,
        "created_at": "2026-01-02T03:04:05.678901Z",
        "model": None,
        "instruction": "",
        "temperature": None,
        "attachments": [],
        "replies": [],
    }
    return usual | changes


def conversation_of(*messages: dict[str, Any], **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "schema": 1,
        "id": str(uuid.uuid4()),
        "title": "A title",
        "model": "llama-v3-8b-instruct",
        "instruction": "Be brief.",
        "temperature": 0.5,
        "created_at": "2026-01-02T03:04:05.678901Z",
        "updated_at": "2026-01-03T03:04:05Z",
        "active_leaf": messages[-1]["id"] if messages else None,
        "messages": list(messages),
    }
    return usual | changes


def attachment(content: bytes, **changes: Any) -> dict[str, Any]:
    """As an export describes it: of a text, unless told its kind and its size."""
    pk = changes.pop("id", None) or str(uuid.uuid4())
    ending = ".png" if changes.get("kind") == "image" else ".txt"
    usual = {"id": pk, "kind": "text", "name": "notes.txt", "description": "", "bytes": len(content)}
    return usual | {"width": None, "height": None, "file": f"attachments/{pk}{ending}"} | changes


def as_archive(facts: dict[str, Any], files: dict[str, bytes]) -> io.BytesIO:
    """The conversation with the files that its messages name."""
    file = as_zip(a=json.dumps(facts).encode())
    with zipfile.ZipFile(file, "a") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    file.seek(0)
    return file


# Lines as an upload has them, once they are read.
FILE_TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=40).map(lambda text: f"{text}\n.")


@st.composite
def trees_with_files(draw) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A conversation whose questions have text files, and these by their places in the archive."""
    facts, files = draw(trees()), {}
    for known in facts["messages"]:
        if known["role"] == "user":
            for content in draw(st.lists(FILE_TEXTS.map(str.encode), max_size=2)):
                known["attachments"].append(attachment(content, id=str(draw(st.uuids()))))
                files[known["attachments"][-1]["file"]] = content
    return facts, files


@st.composite
def trees(draw) -> dict[str, Any]:
    """A conversation with any tree of messages, as its export has it."""
    messages: list[dict[str, Any]] = []
    for role in draw(st.lists(st.sampled_from(["user", "assistant"]), max_size=8)):
        parent = draw(st.sampled_from([None, *(known["id"] for known in messages)]))
        more = {
            "text": draw(WORDS),
            "starts_fresh_after": draw(st.booleans()),
            "created_at": draw(TIMES),
            "temperature": draw(st.none() | st.floats(0, 1)),
        }
        messages.append(message(id=str(draw(st.uuids())), parent=parent, role=role, **more))
    messages.sort(key=lambda known: (known["created_at"], known["id"]))
    leaf = draw(st.sampled_from([None, *(known["id"] for known in messages)]))
    title = draw(WORDS).strip() or "Untitled"
    return conversation_of(
        *messages,
        id=str(draw(st.uuids())),
        title=title,
        active_leaf=leaf,
        updated_at=draw(TIMES),
        instruction=draw(WORDS),
    )
