"""Files of messages: taken in, sent once, shared by copies, and gone with their rows."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.storage import InMemoryStorage, default_storage
from django.utils import timezone

from chat.models import Attachment, Conversation, Message, StrayFile
from chat.services import attachments, files
from chat.services.attachments import AttachmentGone, copy_attachments, remove_unsent
from chat.services.conversations import delete_all_of, delete_conversation
from chat.services.messages import SentOtherText, send_message
from chat.services.replies import CannotSee, has_images, try_again
from chat.services.uploads import CannotAttach, Reason
from tests.chat.attaching import image_of, text_of
from tests.chat.sending import send


@pytest.fixture(autouse=True)
def storage(monkeypatch: pytest.MonkeyPatch) -> InMemoryStorage:
    """Not a folder: nothing may depend on one. The bucket of an operator has no paths either."""
    storage = InMemoryStorage()
    monkeypatch.setattr(default_storage, "_wrapped", storage)
    return storage


def stored(storage: InMemoryStorage) -> int:
    """How many files there are."""
    if not storage.exists("attachments"):
        return 0
    folders, _ = storage.listdir("attachments")
    return sum(len(storage.listdir(f"attachments/{folder}")[1]) for folder in folders)


def test_an_image_is_two_files_with_nothing_of_its_name_in_theirs(alice, storage):
    image = image_of(alice, name="holiday.png")
    assert stored(storage) == 2
    assert "holiday" not in image.file + image.thumbnail
    assert (image.name, image.width, image.height) == ("holiday.png", 60, 40)
    assert not StrayFile.objects.exists()


def test_eight_files_are_enough_for_a_message(alice):
    for number in range(8):
        text_of(alice, f"{number}")
    with pytest.raises(CannotAttach) as caught:
        text_of(alice, "one more")
    assert caught.value.reason == Reason.TOO_MANY


def test_they_are_sent_with_the_message_in_their_order(alice, alice_key, haiku):
    chosen = [text_of(alice), image_of(alice)]
    chosen[1].alt = "a red flag"
    question = send(alice, "", model=haiku, attachments=chosen).question
    assert [(each.kind, each.alt) for each in question.attachments.in_order()] == [
        ("text", ""),
        ("image", "a red flag"),
    ]
    assert question.attachment_count == 2
    assert question.conversation.title == "table.csv"
    assert not Attachment.objects.unsent().exists()


def test_the_same_message_with_the_same_files_is_one_message(alice, alice_key, haiku):
    first = send(alice, "see", model=haiku, attachments=[image_of(alice)]).question
    # Without a script the same file comes once more with the form.
    twin = image_of(alice, conversation=first.conversation)
    common = {"conversation": first.conversation, "client_id": first.client_id, "text": "see", "model": haiku}
    assert send_message(**common, attachments=[twin]).question == first
    assert list(Attachment.objects.values_list("message", flat=True)) == [first.pk]
    for others in ([], [text_of(alice)], [text_of(alice), image_of(alice)]):
        with pytest.raises(SentOtherText):
            send_message(**common, attachments=others)
    assert Message.objects.filter(role="user").count() == 1


def test_a_file_goes_with_one_message_only_and_is_nobody_elses(alice, bob, alice_key, haiku):
    image, bobs = image_of(alice), image_of(bob)
    send(alice, "first", model=haiku, attachments=[image])
    for gone in (image, bobs):
        with pytest.raises(AttachmentGone):
            send(alice, "second", model=haiku, attachments=[gone])
    assert Message.objects.filter(role="user").count() == 1
    assert bobs in Attachment.objects.unsent()


def test_files_go_with_their_conversation_at_once(alice, alice_key, haiku, storage, django_capture_on_commit_callbacks):
    conversation = send(alice, "see", model=haiku, attachments=[image_of(alice)]).question.conversation
    image_of(alice, conversation=conversation)
    with django_capture_on_commit_callbacks(execute=True):
        delete_conversation(conversation=conversation)
    assert (stored(storage), StrayFile.objects.count()) == (0, 0)


def test_files_go_with_their_person(alice, alice_key, haiku, storage, django_capture_on_commit_callbacks):
    send(alice, "see", model=haiku, attachments=[image_of(alice)])
    image_of(alice)
    with django_capture_on_commit_callbacks(execute=True):
        delete_all_of(owner=alice)
    assert (stored(storage), Attachment.objects.count()) == (0, 0)


def test_however_a_row_goes_its_files_follow(alice, storage):
    image_of(alice)
    Attachment.objects.all()._raw_delete("default")
    assert stored(storage) == 2
    assert files.remove_strays() == 2
    assert stored(storage) == 0


def test_what_two_messages_have_stays_until_both_are_gone(alice, alice_key, haiku, storage):
    first = send(alice, "see", model=haiku, attachments=[image_of(alice), text_of(alice)])
    second = send(alice, "see again", model=haiku, conversation=first.question.conversation).question
    copy_attachments(source=first.question, to=second)
    assert [each.name for each in second.attachments.in_order()] == ["red.png", "table.csv"]
    assert Message.objects.get(pk=second.pk).attachment_count == 2
    first.question.attachments.all().delete()
    files.remove_strays()
    assert (stored(storage), StrayFile.objects.count()) == (2, 0)
    second.attachments.all().delete()
    files.remove_strays()
    assert stored(storage) == 0


def test_a_file_whose_row_was_never_stored_is_removed_an_hour_later(alice, storage):
    files.store([(b"content", ".png")])
    assert files.remove_strays() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        assert files.remove_strays() == 1
    assert stored(storage) == 0


def test_a_storage_that_is_away_is_asked_again_and_keeps_no_other_file(alice, storage, monkeypatch):
    files.store([(b"content", ".png"), (b"content", ".webp")])
    StrayFile.objects.update(due_at=timezone.now())
    delete, names = storage.delete, []

    def away_for_the_first(name: str) -> None:
        names.append(name)
        if len(names) == 1:
            raise ConnectionError
        delete(name)

    monkeypatch.setattr(storage, "delete", away_for_the_first)
    assert files.remove_strays() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert files.remove_strays() == 1
    assert names[2] == names[0]


def test_what_cannot_be_stored_is_refused_with_that_reason(alice, storage, monkeypatch):
    def away(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(storage, "save", away)
    with pytest.raises(CannotAttach) as caught:
        image_of(alice)
    assert caught.value.reason == Reason.STORAGE
    assert not Attachment.objects.exists()


def test_what_was_not_sent_goes_after_a_day_and_what_was_stays(alice, alice_key, haiku):
    sent = image_of(alice)
    send(alice, "see", model=haiku, attachments=[sent])
    image_of(alice)
    assert remove_unsent() == 0
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert remove_unsent() == 1
    assert list(Attachment.objects.all()) == [sent]


def test_only_an_unsent_one_can_be_taken_back(alice, alice_key, haiku):
    image = image_of(alice)
    send(alice, "see", model=haiku, attachments=[image])
    assert not attachments.remove(attachment=image)
    assert attachments.remove(attachment=image_of(alice))
    assert list(Attachment.objects.all()) == [image]


def test_another_try_needs_a_model_that_sees(alice, alice_key, haiku, llama):
    answer = send(alice, "see", model=haiku, attachments=[image_of(alice)]).answer
    assert answer.reply
    answer.reply.move(to="failed", failure_kind="upstream")
    with pytest.raises(CannotSee):
        try_again(reply=answer.reply, model=llama)
    assert try_again(reply=answer.reply).model == haiku
    assert not has_images(send(alice, "read", model=llama, attachments=[text_of(alice)]).question)


def test_a_new_conversation_takes_what_was_chosen_for_a_new_chat(alice, alice_key, haiku):
    image = image_of(alice)
    new = Conversation(pk=uuid4(), owner=alice)
    send_message(conversation=new, client_id=uuid4(), text="see", model=haiku, attachments=[image])
    image.refresh_from_db()
    assert image.conversation_id == new.pk
