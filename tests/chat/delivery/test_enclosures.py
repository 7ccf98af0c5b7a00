"""What a model is sent of images and text files."""

import asyncio
import base64
import re
import tracemalloc
from functools import partial
from io import FileIO
from itertools import count
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from chat.delivery import enclosures
from chat.delivery.enclosures import fenced, images_to_send, opened
from chat.delivery.history import turns_within
from chat.models import Attachment, Message, Reply
from chat.queries import path_to_send, texts_attached
from chat.segmind import ChatRequest, Image, Turn, WireFormat
from chat.segmind.requests import Body, body_of
from tests.chat.attaching import image_of, text_of
from tests.chat.sending import send


def content_of(image: Attachment) -> bytes:
    with opened(image.file) as file:
        return file.read()


def test_images_go_out_in_the_models_own_format(alice, alice_key, haiku, segmind, deliver):
    image = image_of(alice)
    image.alt = "a red flag"
    deliver(send(alice, "What is this?", model=haiku, attachments=[image]).answer.reply)
    (message,) = segmind.submitted[0]["messages"]
    picture, text = message["content"]
    assert picture["source"]["media_type"] == "image/png"
    assert base64.b64decode(picture["source"]["data"]) == content_of(image)
    assert text["text"] == "What is this?\n\n[red.png: a red flag]"


def test_a_model_without_sight_gets_a_note_for_the_images_of_earlier_messages(
    alice, alice_key, haiku, llama, segmind, deliver
):
    image = image_of(alice)
    image.alt = "a red flag"
    first = send(alice, "What is this?", model=haiku, attachments=[image])
    now = timezone.now()
    Reply.objects.update(state="completed", billed="yes", submit_started_at=now, finished_at=now)
    deliver(send(alice, "And now?", model=llama, conversation=first.question.conversation).answer.reply)
    said = segmind.submitted[-1]["messages"][0]["content"]
    assert said.startswith("What is this?\n\n[An image, “red.png”, described as “a red flag”, was here;")


def test_a_text_file_goes_out_in_a_fence_below_its_name(alice, alice_key, llama, segmind, deliver):
    deliver(send(alice, "", model=llama, attachments=[text_of(alice, "a,b\n1,2\n")]).answer.reply)
    (message,) = segmind.submitted[0]["messages"]
    assert message["content"] == "File “table.csv”:\n```csv\na,b\n1,2\n```"


def test_an_image_that_the_storage_has_lost_is_said_before_anything_is_billed(
    alice, alice_key, haiku, segmind, deliver
):
    image = image_of(alice)
    reply = send(alice, "What is this?", model=haiku, attachments=[image]).answer.reply
    default_storage.delete(image.file)
    reply = deliver(reply)
    assert (reply.state, reply.failure_kind, reply.billed) == ("failed", "request", "no")
    assert segmind.calls == []


def test_reading_a_path_takes_no_more_queries_for_those_without_files(
    alice, alice_key, llama, conversation, django_assert_num_queries
):
    with django_assert_num_queries(1):
        path = path_to_send(conversation.active_leaf_id)
        turns_within(path, characters=1000, read_texts=texts_attached)
    send(alice, "read", model=llama, conversation=conversation, attachments=[text_of(alice), image_of(alice)])
    conversation.refresh_from_db()
    with django_assert_num_queries(3):
        turns_within(path_to_send(conversation.active_leaf_id), characters=1000, read_texts=texts_attached)


# --- Budgets ------------------------------------------------------------------
numbers = count(1)


def question(*files: Attachment) -> Message:
    """With these files as if they had been read with it."""
    message, read = Message(role="user", text="see", attachment_count=len(files)), Attachment.objects.none()
    read._result_cache = list(files)
    message._prefetched_objects_cache = {"attachments": read}  # type: ignore[attr-defined]
    return message


def picture(size: int = 1000, side: int = 750) -> Attachment:
    return Attachment(kind="image", name=f"{next(numbers)}.png", bytes=size, width=side, height=side)


def test_an_image_counts_as_its_tokens():
    path = [question(picture()), Message(role="assistant", text="A flag."), question(picture())]
    sizes = {"characters_per_image_token": 4.0}
    assert turns_within(path, characters=7_000, **sizes).begins_at is None
    assert turns_within(path, characters=5_000, **sizes).begins_at == path[2].pk
    # A model that does not get them has room for more.
    assert turns_within(path, characters=1_000).begins_at is None


def test_a_request_carries_the_newest_images_and_no_more_than_it_can():
    newest = [picture(size=2_000_000) for _ in range(8)]
    path = [question(picture()), question(*newest)]
    assert images_to_send(path) == {image.pk for image in newest}
    many = [question(*(picture(size=1) for _ in range(8))) for _ in range(4)]
    assert len(images_to_send(many)) == enclosures.MOST_IMAGES
    (turn,) = turns_within(path, characters=10**9, characters_per_image_token=1).turns
    assert (len(turn.images), turn.text.count("is not sent")) == (8, 1)


@given(st.text(alphabet="`~a\n", max_size=60))
def test_nothing_in_a_file_ends_its_fence(text):
    head, first, *inner, last = fenced("a.md", text).split("\n")
    assert (head, first) == ("File “a.md”:", f"{last}md")
    assert re.fullmatch("`{3,}", last)
    assert not any(line.strip().startswith(last) for line in inner)


@pytest.mark.asyncio
async def test_a_hundred_replies_in_flight_hold_no_image_in_memory(tmp_path: Path) -> None:
    size = 1_000_000
    file = tmp_path / "image"
    file.write_bytes(bytes(size))
    images = tuple(Image("image/png", size, partial(FileIO, file)) for _ in range(2))
    requests = [ChatRequest("m", WireFormat.ANTHROPIC, (Turn("user", "see", images),)) for _ in range(100)]

    async def sent(request: ChatRequest) -> int:
        body, length = body_of(request), 0
        assert isinstance(body, Body)
        await body.check()
        async for piece in body:
            length += len(piece)
            await asyncio.sleep(0)
        return length

    tracemalloc.start()
    lengths = await asyncio.gather(*map(sent, requests))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert min(lengths) > 2 * size * 4 / 3
    assert peak < 40_000_000
