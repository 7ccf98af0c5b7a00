"""Files come back with their messages, once; hostile and missing ones are left out, and it is said."""

import uuid

import pytest
from django.core.files.storage import default_storage

from chat.models import Attachment, Conversation, Message, StrayFile
from chat.services import import_files
from chat.services.export import write_archive
from chat.services.imports import import_file
from tests.chat.exported import as_archive, as_file, attachment, conversation_of, message
from tests.chat.hostile_files import REFUSED
from tests.chat.image_files import image_bytes
from tests.chat.sharing import with_files, written

FIRST, THIRD, FILE = (str(uuid.UUID(int=number)) for number in (1, 3, 5))


def with_image(**changes):
    """A conversation with one image, and its archive."""
    content = image_bytes()
    facts = attachment(content, **{"id": FILE, "kind": "image", "name": "red.png", "description": "Red"} | changes)
    return conversation_of(message(id=FIRST, attachments=[facts]), id=THIRD), {f"attachments/{FILE}.png": content}


def imported(owner, file, *, is_trial=False):
    file.seek(0)
    (line,) = import_file(owner=owner, file=file, is_trial=is_trial)
    return str(line.outcome), line.files, line.left_out


def test_all_of_a_persons_files_come_back(alice, llama, tmp_path):
    conversation = written(alice, "What is this?", model=llama)
    with_files(conversation)
    before = list(Attachment.objects.order_by("pk").values_list("pk", "name", "alt", "text", "width", "position"))
    with (tmp_path / "all.zip").open("w+b") as file:
        write_archive(owner=alice, file=file)
        Conversation.objects.all().delete()
        assert imported(alice, file, is_trial=True) == ("new", 2, 0)
        assert not Attachment.objects.exists()
        assert imported(alice, file) == ("new", 2, 0)
    again = list(Attachment.objects.order_by("pk").values_list("pk", "name", "alt", "text", "width", "position"))
    assert again == before
    assert Message.objects.get().attachment_count == 2
    assert all(default_storage.exists(image.file) for image in Attachment.objects.filter(kind="image"))
    assert not StrayFile.objects.filter(name__in=Attachment.objects.values("file")).exists()


def test_the_same_archive_again_adds_nothing(alice):
    imported(alice, as_archive(*with_image()))
    assert imported(alice, as_archive(*with_image())) == ("known", 0, 0)
    assert Attachment.objects.count() == 1


def test_what_was_imported_without_files_gets_them_from_the_archive(alice):
    facts, files = with_image()
    assert imported(alice, as_file(facts)) == ("new", 0, 1)
    assert Message.objects.get().attachment_count == 0
    assert imported(alice, as_archive(facts, files)) == ("known", 1, 0)
    assert Message.objects.get().attachment_count == 1


def test_somebody_elses_files_are_left_alone(alice, bob):
    for person, counts in ((alice, ("new", 1, 0)), (bob, ("new", 1, 0)), (bob, ("known", 0, 0))):
        assert imported(person, as_archive(*with_image())) == counts
    assert Attachment.objects.filter(owner=alice).count() == Attachment.objects.filter(owner=bob).count() == 1
    assert Attachment.objects.get(owner=alice).message.conversation.owner == alice


@pytest.mark.parametrize("what", REFUSED)
def test_a_hostile_file_is_left_out_and_its_message_comes_in(alice, what):
    name, content = REFUSED[what]
    facts, files = with_image(name=name)
    assert imported(alice, as_archive(facts, dict.fromkeys(files, content))) == ("new", 0, 1)
    assert not StrayFile.objects.exists()


@pytest.mark.parametrize("place", ["attachments/../profile.json", "profile.json", "/etc/passwd", "", "attachments/x"])
def test_no_other_place_is_read(alice, place):
    facts, files = with_image(file=place)
    assert imported(alice, as_archive(facts, files | {"profile.json": b"{}"})) == ("new", 0, 1)


def test_there_is_an_end_to_how_much_is_read(alice, monkeypatch):
    monkeypatch.setattr(import_files, "MOST_ATTACHMENTS", 1)
    twice = [attachment(b"x", id=str(uuid.UUID(int=number)), file=f"attachments/{FILE}.txt") for number in (7, 8)]
    facts = conversation_of(message(id=FIRST, attachments=twice), id=THIRD)
    assert imported(alice, as_archive(facts, {f"attachments/{FILE}.txt": b"x"})) == ("new", 1, 1)
