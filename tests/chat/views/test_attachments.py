"""Files on the pages: uploaded, served to their owner alone, described, removed; with htmx and without."""

import re
import uuid

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chat.models import Attachment, Message
from tests.chat.attaching import image_of, text_of, upload
from tests.chat.image_files import image_bytes
from tests.chat.sending import send

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


def fields(**changes: object) -> dict[str, object]:
    return {"client_id": uuid.uuid4(), "text": "hello", "model": "claude-3-haiku"} | changes


@pytest.fixture
def new_url(client, alice):
    client.force_login(alice)
    return reverse("messages", args=[uuid.uuid4()])


# --- Choosing -----------------------------------------------------------------
def test_an_upload_answers_with_its_place_in_the_composer(client, alice, conversation):
    client.force_login(alice)
    response = client.post(reverse("attachments", args=[conversation.pk]), {"files": upload()}, headers=HTMX)
    attachment = Attachment.objects.get()
    assert (attachment.owner, attachment.conversation) == (alice, conversation)
    assert f'name="attachments" value="{attachment.pk}"' in response.content.decode()
    assert "Remove red.png" in client.get(conversation.get_absolute_url()).content.decode()
    assert "Remove red.png" not in client.get("/").content.decode()


@pytest.mark.parametrize("content", [b"MZ\0", b""])
def test_a_refused_upload_answers_with_a_sentence(client, alice, conversation, content):
    client.force_login(alice)
    response = client.post(reverse("attachments", args=[conversation.pk]), {"files": upload(content, "x.exe")})
    assert (response.status_code, response["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert response.content.decode().startswith("This ")
    assert not Attachment.objects.exists()


def test_what_is_chosen_for_a_new_chat_waits_on_the_empty_page(client, alice):
    client.force_login(alice)
    client.post(reverse("attachments", args=[uuid.uuid4()]), {"files": upload(name="<i>x.png")})
    page = client.get("/").content.decode()
    assert "Remove &lt;i&gt;x.png" in page
    assert "<i>x.png" not in page


def test_nobody_puts_files_into_someone_elses_conversation(client, charlie, conversation):
    client.force_login(charlie)
    assert client.post(reverse("attachments", args=[conversation.pk]), {"files": upload()}).status_code == 404
    assert not Attachment.objects.exists()


# --- Sending ------------------------------------------------------------------
def test_a_message_may_be_an_image_alone(client, alice, alice_key, new_url):
    image = image_of(alice)
    sent = fields(text="", attachments=[image.pk], **{image.alt_field: " a  red\nflag "})
    page = client.post(new_url, sent, headers=HTMX).content.decode()
    assert reverse("attachment_thumbnail", args=[image.pk]) in page
    assert 'alt="a red flag"' in page
    assert "Remove red.png" not in page
    assert "message__bubble" not in page


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_a_model_without_sight_is_refused_with_everything_kept(client, alice, alice_key, new_url, headers):
    image = image_of(alice)
    sent = fields(model="llama-v3-8b-instruct", attachments=[image.pk])
    response = client.post(new_url, sent, headers=headers)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Llama 3 8B Instruct can&#x27;t see images." in page
    assert ">hello</textarea>" in page
    assert "Remove red.png" in page
    assert not Message.objects.exists()


def test_a_text_file_can_be_read_by_every_model(client, alice, alice_key, new_url):
    text = text_of(alice)
    client.post(new_url, fields(model="llama-v3-8b-instruct", text="", attachments=[text.pk]))
    assert Message.objects.get(role="user").attachments.get() == text


@pytest.mark.parametrize("gone", ["another's", "removed", "sent"])
def test_a_file_that_is_gone_is_said_and_the_rest_kept(client, alice, bob, alice_key, haiku, new_url, gone):
    lost, kept = image_of(bob if gone == "another's" else alice, name="lost.png"), image_of(alice, name="kept.png")
    ids = [lost.pk, kept.pk]
    if gone == "removed":
        lost.delete()
    if gone == "sent":
        send(alice, "first", model=haiku, attachments=[lost])
    response = client.post(new_url, fields(attachments=ids), headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 422
    assert "A file is no longer there" in page
    assert "Remove kept.png" in page
    assert "Remove lost.png" not in page
    assert not Message.objects.filter(text="hello").exists()


def test_without_a_script_the_files_come_with_the_message(client, alice, alice_key, new_url):
    files = [upload(), upload(b"a,b\n", "table.csv")]
    assert client.post(new_url, fields(files=files)).status_code == 302
    assert Message.objects.get(role="user").attachment_count == 2


def test_without_a_script_one_bad_file_sends_nothing_and_loses_nothing(client, alice, alice_key, new_url):
    sent = fields(files=[upload(), upload(b"MZ\0", "<b>.exe")])
    response = client.post(new_url, sent)
    page = response.content.decode()
    assert response.status_code == 422
    assert "&lt;b&gt;.exe: This is neither" in page
    assert ">hello</textarea>" in page
    (kept,) = Attachment.objects.unsent()
    again = client.post(new_url, fields(client_id=sent["client_id"], attachments=[kept.pk]))
    assert again.status_code == 302
    assert Message.objects.get(role="user").attachments.get() == kept


def test_nine_files_are_too_many(client, alice, alice_key, conversation, haiku):
    client.force_login(alice)
    ids = [text_of(alice, f"{number}").pk for number in range(8)]
    ids.append(image_of(alice, conversation=conversation).pk)
    response = client.post(reverse("messages", args=[conversation.pk]), fields(attachments=ids), headers=HTMX)
    assert response.status_code == 422
    assert "A message takes 8 files at most." in response.content.decode()


def test_those_who_attach_nothing_pay_nothing(client, alice, alice_key, new_url):
    with CaptureQueriesContext(connection) as queries:
        client.post(new_url, fields(), headers=HTMX)
    assert queries.captured_queries
    assert not [query for query in queries.captured_queries if "chat_attachment" in query["sql"]]


# --- Looking ------------------------------------------------------------------
@pytest.mark.parametrize("name", ["attachment", "attachment_thumbnail"])
def test_an_image_is_served_so_that_no_browser_can_take_it_for_more(client, alice, name):
    client.force_login(alice)
    image = image_of(alice, name='a"b;ü.png')
    response = client.get(reverse(name, args=[image.pk]))
    assert response["Content-Type"] == ("image/png" if name == "attachment" else "image/webp")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
    )
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Content-Disposition"] == "inline; filename*=utf-8''a%22b%3B%C3%BC.png"
    assert "private" in response["Cache-Control"]


def test_a_text_is_served_as_plain_text_whatever_it_says(client, alice):
    client.force_login(alice)
    page = "<script>alert(1)</script>"
    text = text_of(alice, page, name="page.html")
    response = client.get(text.get_absolute_url())
    assert (response["Content-Type"], response.content.decode()) == ("text/plain; charset=utf-8", page)
    assert "sandbox" in response["Content-Security-Policy"]
    fragment = client.get(text.get_absolute_url(), headers=HTMX).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</pre>" in fragment
    assert client.get(reverse("attachment_thumbnail", args=[text.pk])).status_code == 404


@pytest.mark.parametrize("name", ["attachment", "attachment_thumbnail"])
def test_nobody_else_sees_it(client, alice, charlie, name):
    url = reverse(name, args=[image_of(alice).pk])
    assert client.get(url).status_code == 302
    client.force_login(charlie)
    assert client.get(url).status_code == 404


def test_a_file_that_the_storage_has_lost_is_not_there(client, alice):
    client.force_login(alice)
    image = image_of(alice)
    default_storage.delete(image.file)
    assert client.get(image.get_absolute_url()).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_files(
    client, alice, alice_key, haiku, conversation, django_assert_num_queries, time_machine
):
    # What has been queued for a second is asked about its place.
    time_machine.move_to(timezone.now(), tick=False)
    client.force_login(alice)
    for number in (1, 5):
        files = [image_of(alice, name=f"{number}-{index}.png") for index in range(number)]
        conversation.refresh_from_db()
        send(alice, f"{number} files", model=haiku, conversation=conversation, attachments=files)
        with django_assert_num_queries(18):
            page = client.get(conversation.get_absolute_url()).content.decode()
        assert f'alt="{number}-{number - 1}.png"' in page


# --- Describing and removing --------------------------------------------------
def test_a_description_can_be_changed_before_and_after(client, alice, alice_key, haiku):
    client.force_login(alice)
    image = image_of(alice)
    url, changed = reverse("attachment_description", args=[image.pk]), {image.alt_field: "A red <flag>"}
    assert client.post(url, changed, headers=HTMX).status_code == 204
    image.refresh_from_db()
    assert image.alt == "A red <flag>"
    send(alice, "see", model=haiku, attachments=[image])
    page = client.post(url, {image.alt_field: "x" * 900}, headers=HTMX).content.decode()
    assert f'alt="{"x" * 500}"' in page
    assert client.post(url, changed)["Location"] == Attachment.objects.get().conversation.get_absolute_url()


def test_removing_without_htmx_keeps_what_was_typed(client, alice, alice_key, conversation):
    client.force_login(alice)
    image, other = (image_of(alice, conversation=conversation, name=name) for name in ("a.png", "b.png"))
    typed = fields(text="half a thought", model="claude-3-haiku", attachments=[image.pk, other.pk])
    page = client.post(reverse("attachment_removal", args=[image.pk]), typed).content.decode()
    assert ">half a thought</textarea>" in page
    assert re.search('<option value="claude-3-haiku" [^>]* selected>', page)
    assert "Remove b.png" in page
    assert "Remove a.png" not in page


def test_removing_with_htmx_answers_with_nothing(client, alice):
    client.force_login(alice)
    response = client.post(reverse("attachment_removal", args=[image_of(alice).pk]), headers=HTMX)
    assert (response.status_code, response.content) == (200, b"")
    assert not Attachment.objects.exists()


def test_a_large_upload_goes_by_way_of_the_disk(client, alice, conversation, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 100
    client.force_login(alice)
    large = upload(image_bytes("PNG", (900, 900)))
    assert client.post(reverse("attachments", args=[conversation.pk]), {"files": large}).status_code == 200
