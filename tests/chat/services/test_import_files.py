"""What a file may be that claims to be an export: each wrong one is met with a sentence, none with a fault."""

import io
import json
import tracemalloc
import uuid
import zipfile
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.services import import_files
from chat.services.import_files import Entry, Unreadable, conversation_from, entries_of, facts_from
from tests.chat.exported import as_file, as_zip, conversation_of, message

FIRST, SECOND = str(uuid.uuid4()), str(uuid.uuid4())


def read(file: io.BytesIO) -> list[str]:
    """Of each conversation its title, or what is wrong with it."""
    said = []
    try:
        for entry in entries_of(file):
            try:
                said.append(entry.read().title if isinstance(entry, Entry) else str(entry))
            except Unreadable as error:
                said.append(str(error))
    except Unreadable as error:
        said.append(str(error))
    return said


def test_a_file_with_one_conversation():
    facts = conversation_of(message(id=FIRST), message(id=SECOND, parent=FIRST, role="assistant", text="Hi!"))
    conversation = conversation_from(facts_from(as_file(facts).read()))
    assert (conversation.title, conversation.temperature, str(conversation.active_leaf)) == ("A title", 0.5, SECOND)
    assert [(str(m.id), m.role, m.text) for m in conversation.messages] == [
        (FIRST, "user", "hello"),
        (SECOND, "assistant", "Hi!"),
    ]
    assert conversation.created_at.isoformat() == "2026-01-02T03:04:05.678901+00:00"


def test_an_archive_with_several_and_only_what_lies_in_its_folder():
    file = as_zip(a=as_file(conversation_of(title="One")).read(), b=as_file(conversation_of(title="Two")).read())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("profile.json", "{}")
        archive.writestr("conversations/../../a.json", "{}")
        archive.writestr("conversations/a.md", "{}")
    assert read(io.BytesIO(file.getvalue())) == ["One", "Two"]


def test_one_bad_part_of_an_archive_does_not_spoil_the_others():
    file = as_zip(a=b"no", b=as_file(conversation_of(title="Two")).read())
    assert read(file) == ["This is no JSON file.", "Two"]


FIELD = "The field “{}” has a value that it can't have."
WRONG: dict[str, list[Any]] = {
    "title": [5, "x" * 201, ["a"]],
    "id": [None, "x", 5, [], "5" * 31],
    "active_leaf": ["x", 5, {}],
    "instruction": [5, "x" * 20_001],
    "model": [5, "x" * 101],
    "temperature": ["1", True, 2, -1, 10**400],
    "created_at": [
        None,
        "yesterday",
        5,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-13-01T00:00:00Z",
    ],
    "updated_at": [None, [], "2026-01-01T99"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named(name, value):
    with pytest.raises(Unreadable, match=FIELD.format(name)):
        conversation_from(conversation_of(message(), **{name: value}))


@pytest.mark.parametrize("name", ["id", "role", "created_at"])
def test_a_message_needs_these(name):
    facts = conversation_of(message())
    del facts["messages"][0][name]
    with pytest.raises(Unreadable, match=FIELD.format(name)):
        conversation_from(facts)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ([], "no conversation"),
        ({}, "no conversation"),
        (conversation_of(schema=2), "another version"),
        (conversation_of(messages=5), "no list"),
        (conversation_of(messages=[5]), "is none"),
        (conversation_of(message(id=FIRST), message(id=FIRST)), "the same id"),
        (conversation_of(message(parent=FIRST)), "is missing"),
        (conversation_of(message(), active_leaf=FIRST), "is missing"),
        (conversation_of(message(id=FIRST, parent=FIRST)), "in a circle"),
        (conversation_of(message(id=FIRST, parent=SECOND), message(id=SECOND, parent=FIRST)), "in a circle"),
    ],
)
def test_a_tree_that_is_none_is_refused(facts, sentence):
    (said,) = read(as_file(facts))
    assert sentence in said


def test_a_long_path_is_no_circle_and_no_trouble():
    ids = [str(uuid.uuid4()) for _ in range(20_000)]
    messages = [message(id=pk, parent=parent) for pk, parent in zip(ids, [None, *ids], strict=False)]
    assert len(conversation_from(conversation_of(*messages[::-1])).messages) == 20_000


def test_what_the_database_cannot_keep_is_replaced():
    conversation = conversation_from(conversation_of(message(text="a\0b\ud800c"), title="a\0"))
    assert (conversation.title, conversation.messages[0].text) == ("a\ufffd", "a\ufffdb\ufffdc")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"messages":' * 100_000,
        b'{"messages": [], "schema": 1, "id": NaN}',
        b'{"messages": [], "schema": ' + b"1" * 10_000 + b"}",
        b"PK",
        b"PK\x03\x04 and nothing of a ZIP",
        b"PK\x05\x06" + b"\xff" * 18,
        b"PK\x05\x06" + b"\0" * 18,
    ],
)
def test_what_is_no_export_is_met_with_one_sentence(data):
    (said,) = read(io.BytesIO(data))
    assert said.endswith(".")
    assert len(said) < 100


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: b"PK\x03\x04" + data))
def test_any_bytes_are_met_with_a_sentence(data):
    assert read(io.BytesIO(data))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(FIRST),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*message(), "messages"]), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(list(conversation_of())), VALUES),
    st.dictionaries(st.sampled_from(list(message())), VALUES),
)
def test_any_values_give_a_conversation_or_a_sentence(changes, changes_of_message):
    facts = conversation_of(message(**changes_of_message)) | changes
    with suppress(Unreadable):
        conversation_from(facts_from(json.dumps(facts).encode()))


def test_a_bomb_costs_no_memory(monkeypatch):
    monkeypatch.setattr(import_files, "LARGEST_CONVERSATION_BYTES", 200_000)
    monkeypatch.setattr(import_files, "LARGEST_ARCHIVE_BYTES", 1_000_000)
    file = as_zip(**{f"n{number}": b" " * 3_000_000 for number in range(20)})
    tracemalloc.start()
    said = read(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said[0] == "This conversation is too large to be imported."
    assert "too much in this ZIP file" in said[-1]
    assert len(said) < 10
    assert peak < 2_000_000


def test_a_file_of_nothing_but_brackets_is_not_unfolded():
    data = b'{"schema": 1, "messages": [' + b"{}," * 2_000_000 + b"{}]}"
    tracemalloc.start()
    with pytest.raises(Unreadable, match="too large"):
        facts_from(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_list_of_contents_that_is_too_long_is_not_read(monkeypatch):
    monkeypatch.setattr(import_files, "LARGEST_LIST_BYTES", 1_000)
    (said,) = read(as_zip(**{f"n{number}": b"{}" for number in range(50)}))
    assert "damaged" in said


def test_a_kind_of_packing_that_is_not_ours_is_not_unpacked():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("conversations/a.json", json.dumps(conversation_of()))
    file.seek(0)
    (said,) = read(file)
    assert "damaged" in said
