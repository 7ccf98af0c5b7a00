"""Import: everything comes back, nothing comes twice, nothing of anybody else's is touched."""

import json
import uuid
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings

from accounts.models import User
from chat.models import Attachment, Conversation, Message, Reply
from chat.services import imports
from chat.services.conversations import delete_conversation
from chat.services.export import json_parts, write_archive
from chat.services.imports import Outcome, import_file
from tests.chat.exported import as_archive, as_file, as_zip, conversation_of, message, trees_with_files
from tests.chat.sending import send

# What is said of a conversation where it is, and not of its copy.
NOT_TAKEN_ALONG = {"archived_at": None, "origin": None, "pinned": False, "trashed_at": None}
FIRST, SECOND, THIRD = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


def exported(conversation) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads("".join(json_parts(conversation)))
    return facts


def outcomes(owner, file, *, is_trial=False) -> list[tuple[str, str, int]]:
    file.seek(0)
    lines = import_file(owner=owner, file=file, is_trial=is_trial)
    return [(line.title, str(line.outcome), line.messages) for line in lines]


def chat_file(**changes):
    question, answer = message(id=FIRST), message(id=SECOND, parent=FIRST, role="assistant", text="Hi!")
    return as_file(conversation_of(question, answer, id=THIRD, **changes))


def without_replies(facts):
    """An export as it has to come back: no reply is imported."""
    return facts | {"messages": [facts_of | {"replies": []} for facts_of in facts["messages"]]}


def test_export_import_elsewhere_export_is_the_same(alice, conversation, reply, deliver):
    deliver(reply)
    Message.objects.create(conversation=conversation, parent=reply.message, role="user", text="Another branch")
    before = exported(conversation)
    delete_conversation(conversation=conversation)
    assert outcomes(alice, as_file(before)) == [("hello", "new", 3)]
    assert exported(Conversation.objects.get()) == without_replies(before)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees_with_files())
def test_any_tree_comes_back_as_it_was(alice, exported_before):
    facts, files = exported_before
    Conversation.objects.all().delete()
    (line,) = import_file(owner=alice, file=as_archive(facts, files), is_trial=False)
    assert (line.outcome, line.files, line.left_out) == (Outcome.NEW, len(files), 0)
    facts |= NOT_TAKEN_ALONG
    assert exported(Conversation.objects.get()) == facts
    assert {one.text.encode() for one in Attachment.objects.all()} == set(files.values())
    assert outcomes(alice, as_archive(facts, files)) == [(facts["title"], "known", 0)]
    assert exported(Conversation.objects.get()) == facts


def test_all_of_a_person_s_data_comes_back(alice, alice_key, llama, tmp_path):
    for text in ("one", "two"):
        send(alice, text, model=llama)
    before = [exported(row) for row in Conversation.objects.newest_first()]
    with (tmp_path / "all.zip").open("w+b") as file:
        write_archive(owner=alice, file=file)
        Conversation.objects.all().delete()
        assert outcomes(alice, file) == [("two", "new", 2), ("one", "new", 2)]
    assert [exported(row) for row in Conversation.objects.newest_first()] == [
        without_replies(facts) for facts in before
    ]


def test_a_trial_says_the_same_and_changes_nothing(alice):
    assert outcomes(alice, chat_file(), is_trial=True) == [("A title", "new", 2)]
    assert not Conversation.objects.exists()
    outcomes(alice, chat_file())
    assert outcomes(alice, chat_file(), is_trial=True) == [("A title", "known", 0)]


def test_the_same_file_again_adds_nothing(alice):
    outcomes(alice, chat_file())
    assert outcomes(alice, chat_file()) == [("A title", "known", 0)]
    assert Conversation.objects.get().title == "A title"
    assert Message.objects.count() == 2


def test_newer_messages_are_added_and_what_is_there_stays(alice):
    outcomes(alice, chat_file())
    Conversation.objects.update(title="My own title")
    longer = conversation_of(
        message(id=FIRST, text="changed in the file"),
        message(id=SECOND, parent=FIRST, role="assistant"),
        message(id=str(uuid.UUID(int=9)), parent=SECOND, text="more"),
        id=THIRD,
        updated_at="2026-02-01T00:00:00Z",
    )
    assert outcomes(alice, as_file(longer)) == [("A title", "newer", 1)]
    conversation = Conversation.objects.get()
    assert (conversation.title, conversation.active_leaf.text) == ("My own title", "more")
    assert conversation.messages.get(pk=FIRST).text == "hello"


def test_an_older_file_does_not_move_the_end_of_the_conversation(alice):
    outcomes(alice, chat_file())
    Conversation.objects.update(updated_at=timezone.now())
    branch = message(id=str(uuid.UUID(int=9)), parent=FIRST, role="assistant", text="another")
    older = conversation_of(message(id=FIRST), branch, id=THIRD)
    assert outcomes(alice, as_file(older)) == [("A title", "newer", 1)]
    assert str(Conversation.objects.get().active_leaf_id) == SECOND


def test_somebody_elses_ids_are_left_alone_and_the_copy_s_are_the_same_every_time(alice, bob):
    outcomes(alice, chat_file())
    assert outcomes(bob, chat_file()) == [("A title", "new", 2)]
    copy = Conversation.objects.get(owner=bob)
    assert (str(copy.pk) != THIRD, copy.messages.count()) == (True, 2)
    assert not copy.messages.exclude(author=None).exclude(author=bob).exists()
    assert outcomes(bob, chat_file()) == [("A title", "known", 0)]
    Conversation.objects.get(owner=alice).delete()
    assert outcomes(bob, chat_file()) == [("A title", "known", 0)]
    assert Conversation.objects.get().owner == bob


def test_messages_of_another_conversation_are_copied_and_not_moved(alice):
    outcomes(alice, chat_file())
    thief = conversation_of(message(id=FIRST, text="mine now"), id=str(uuid.uuid4()))
    assert outcomes(alice, as_file(thief)) == [("A title", "new", 1)]
    assert Message.objects.get(pk=FIRST).text == "hello"
    assert Message.objects.count() == 3


def test_two_ids_that_would_become_one_are_refused(alice):
    twin = str(uuid.uuid5(uuid.UUID(THIRD), FIRST))
    outcomes(alice, as_file(conversation_of(message(id=twin), id=THIRD)))
    both = conversation_of(message(id=FIRST), message(id=twin), id=THIRD)
    assert outcomes(alice, as_file(both)) == [("A title", "unreadable", 0)]
    assert Message.objects.count() == 1


def test_there_is_no_reply_and_no_cost(alice, llama):
    outcomes(alice, chat_file())
    assert not Reply.objects.exists()
    assert Conversation.objects.get().model == llama


def test_a_model_that_is_not_here_is_none(alice):
    outcomes(alice, chat_file(model="never-heard-of"))
    assert Conversation.objects.get().model is None


def test_a_time_in_the_future_does_not_stay_on_top_for_ever(alice):
    outcomes(alice, chat_file(updated_at="2090-01-01T00:00:00Z"))
    assert Conversation.objects.get().updated_at <= timezone.now()


def test_an_unreadable_one_does_not_keep_the_others_out(alice):
    file = as_zip(a=b"no", b=chat_file().read(), c=chat_file(title=5).read())
    assert [outcome for _, outcome, _ in outcomes(alice, file)] == ["unreadable", "new", "unreadable"]
    assert Conversation.objects.count() == 1


def test_what_fails_in_the_middle_leaves_nothing_of_that_conversation(alice, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(imports, "_store_messages", fail)
    with pytest.raises(RuntimeError):
        outcomes(alice, chat_file())
    assert not Conversation.objects.exists()


def test_two_imports_at_once_are_one(alice, monkeypatch):
    """The other one stores the same after this one has looked."""
    real, looks = imports.plan_for, []

    def look_and_be_overtaken(owner, imported):
        plan = real(owner, imported)
        if not looks:
            looks.append(1)
            Conversation.objects.create(
                pk=plan.conversation_id, owner=User.objects.get(), title="x", updated_at=timezone.now()
            )
        return plan

    monkeypatch.setattr(imports, "plan_for", look_and_be_overtaken)
    (line,) = import_file(owner=alice, file=chat_file(), is_trial=False)
    assert line.outcome in (Outcome.NEW, Outcome.NEWER)
    assert Message.objects.count() == 2


def test_two_thousand_messages_in_few_queries(alice, django_assert_max_num_queries):
    ids = [str(uuid.uuid4()) for _ in range(2_000)]
    messages = [message(id=pk, parent=parent) for pk, parent in zip(ids, [None, *ids], strict=False)]
    with django_assert_max_num_queries(30):
        assert outcomes(alice, as_file(conversation_of(*messages))) == [("A title", "new", 2_000)]
    with django_assert_max_num_queries(8):
        assert outcomes(alice, as_file(conversation_of(id=str(uuid.uuid4())))) == [("A title", "new", 0)]
