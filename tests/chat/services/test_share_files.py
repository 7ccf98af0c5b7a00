"""Images and text files in what a link shows: chosen, masked, frozen, copied, and gone with it."""

import pytest
from django.core.files.storage import default_storage

from accounts.models import User
from chat.models import Attachment, Conversation, LanguageModel, Message, Snapshot, SnapshotFile
from chat.services import shares
from chat.services.conversations import delete_conversation
from chat.services.files import remove_strays
from chat.services.share_copies import continue_in_copy
from chat.services.shares import Terms, update_share
from chat.services.snapshots import Choice, changes_between, draft_of, shown_in
from tests.chat.sharing import share, with_files, written

IMAGES = Choice(with_images=True)


@pytest.fixture
def conversation(alice: User, llama: LanguageModel) -> Conversation:
    conversation = written(alice, "What is this?", "A square.", model=llama)
    with_files(conversation)
    return conversation


def test_images_are_in_or_out_and_text_files_are_masked_like_the_text(conversation: Conversation) -> None:
    without, _path = share(conversation)
    (file,) = shown_in(without.snapshot)[0].files
    assert (file.name, file.text) == ("table.csv", "secret: [mail address masked]\n")
    assert not SnapshotFile.objects.exists()
    with_them, _path = share(conversation, IMAGES)
    _text, image = shown_in(with_them.snapshot)[0].files
    frozen = SnapshotFile.objects.get()
    assert (image.url, image.alt) == (f"images/{frozen.pk}/", "A red square of [mail address masked]")


def test_what_files_say_is_pointed_out(conversation: Conversation) -> None:
    values = [finding.value for finding in draft_of(conversation, IMAGES).findings]
    assert values == ["alice@example.com", "bob@example.com"]


def test_nothing_in_a_snapshot_leads_back_to_the_attachment(conversation: Conversation) -> None:
    made, _path = share(conversation, IMAGES)
    stored = str(Snapshot.objects.get(share=made).messages)
    assert not any(str(attachment.pk) in stored for attachment in Attachment.objects.all())


def test_a_message_of_an_image_alone_is_shown_with_it_and_left_out_without(conversation: Conversation) -> None:
    Message.objects.filter(role="user").update(text="")
    Attachment.objects.filter(kind="text").delete()
    assert [len(draft_of(conversation, choice).messages) for choice in (IMAGES, Choice())] == [2, 1]


def test_an_update_replaces_images_and_says_so(conversation: Conversation) -> None:
    made, _path = share(conversation, IMAGES)
    before = SnapshotFile.objects.get()
    draft = draft_of(conversation, Choice())
    (change,) = changes_between(made.snapshot, draft)
    assert "[A red square" in change.before
    assert "[A red square" not in change.after
    assert changes_between(made.snapshot, draft_of(conversation, IMAGES)) == []
    update_share(share=made, choice=IMAGES, terms=Terms(audience="anyone"), seen=draft_of(conversation, IMAGES).digest)
    assert SnapshotFile.objects.get().pk != before.pk
    update_share(share=made, choice=Choice(), terms=Terms(audience="anyone"), seen=draft.digest)
    assert not SnapshotFile.objects.exists()


def test_a_changed_description_is_previewed_first(conversation: Conversation) -> None:
    seen = draft_of(conversation, IMAGES).digest
    Attachment.objects.filter(kind="image").update(alt="Something else")
    assert draft_of(conversation, IMAGES).digest != seen


def test_a_stored_file_goes_when_no_row_names_it(conversation: Conversation, bob: User) -> None:
    made, _path = share(conversation, IMAGES)
    name = SnapshotFile.objects.get().file
    Attachment.objects.all().delete()
    remove_strays()
    assert default_storage.exists(name)
    continue_in_copy(share=made, reader=bob)
    shares.revoke(share=made)
    remove_strays()
    assert not SnapshotFile.objects.exists()
    assert default_storage.exists(name)
    delete_conversation(conversation=Conversation.objects.get(owner=bob))
    remove_strays()
    assert not default_storage.exists(name)


def test_a_copy_has_the_files_as_the_readers_own(conversation: Conversation, bob: User) -> None:
    made, _path = share(conversation, IMAGES)
    copy = continue_in_copy(share=made, reader=bob)
    question = copy.messages.get(role="user")
    text, image = Attachment.objects.filter(owner=bob).order_by("position")
    assert question.attachment_count == 2
    assert (text.message, text.name, text.text) == (question, "table.csv", "secret: [mail address masked]\n")
    original = Attachment.objects.get(owner=conversation.owner, kind="image")
    assert (image.message, image.file, image.width) == (question, original.file, original.width)
    assert image.alt == "A red square of [mail address masked]"
