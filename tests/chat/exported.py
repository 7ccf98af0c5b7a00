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
