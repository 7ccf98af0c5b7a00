"""What people choose on their disks: each image made anew, each text read, forty hostile files survived."""

import codecs
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chat.models import Attachment, StrayFile
from chat.services.attachments import attach
from chat.services.uploads import (
    IMAGE_HEADS,
    LARGEST_IMAGE_BYTES,
    CannotAttach,
    NewImage,
    Reason,
    harmless_name,
    read_upload,
    text_in,
)
from tests.chat.attaching import upload
from tests.chat.hostile_files import HARMLESS, NAMES, REFUSED
from tests.chat.image_files import image_bytes, noise

# What a decoded image of 25 million pixels takes, a copy in other colours, and room for the decoder itself.
MOST_MEGABYTES = 260


def image_in(content: bytes, name: str = "a.png") -> NewImage:
    found = read_upload(BytesIO(content), size=len(content), name=name)
    assert isinstance(found, NewImage)
    return found


def reason_of(name: str, content: bytes) -> Reason:
    with pytest.raises(CannotAttach) as caught:
        read_upload(BytesIO(content), size=len(content), name=name)
    return caught.value.reason


def pixels(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


# --- Images -------------------------------------------------------------------
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize(("size", "kept"), [((3000, 1500), (1568, 784)), ((20, 4000), (8, 1568)), ((7, 5), (7, 5))])
def test_an_image_keeps_its_shape_within_the_side(format_: str, size: tuple[int, int], kept: tuple[int, int]) -> None:
    image = image_in(image_bytes(format_, size))
    assert (image.width, image.height) == pixels(image.content).size == kept
    thumbnail = pixels(image.thumbnail)
    assert (thumbnail.format, max(thumbnail.size) <= 400) == ("WEBP", True)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_any_kind_of_colours_will_do(mode: str) -> None:
    assert pixels(image_in(image_bytes("PNG", mode=mode, colour="black")).content).mode in ("RGB", "RGBA")


def test_a_drawing_stays_sharp_and_a_photo_small() -> None:
    assert image_in(image_bytes("GIF")).ending == ".png"
    assert image_in(noise(300, "PNG")).ending == ".jpg"


def test_the_largest_there_is_still_fits_into_a_request(settings: Any) -> None:
    settings.IMAGE_SIDE_PIXELS = 2400
    image = image_in(noise(2400, "JPEG"))
    assert len(image.content) <= LARGEST_IMAGE_BYTES
    assert pixels(image.content).size == (image.width, image.height)


def test_a_photo_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert pixels(image_in(image_bytes("JPEG", (60, 40), exif=exif)).content).size == (40, 60)


# --- Texts --------------------------------------------------------------------
@pytest.mark.parametrize(
    "content",
    [
        "Grüße\n".encode(),
        codecs.BOM_UTF8 + "Grüße\r\n".encode(),
        codecs.BOM_UTF16_LE + "Grüße\r".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "Grüße\n".encode("utf-16-be"),
    ],
)
def test_a_text_is_read_as_it_was_meant(content: bytes) -> None:
    assert read_upload(BytesIO(content), size=len(content), name="a.txt") == "Grüße\n"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
def test_every_text_comes_out_whole(text: str) -> None:
    assert text_in(codecs.BOM_UTF8 + text.encode()) == text


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_they_are_read_or_refused(content: bytes) -> None:
    try:
        found = read_upload(BytesIO(content), size=len(content), name="a")
    except CannotAttach:
        return
    assert isinstance(found, str) or IMAGE_HEADS.match(content)


# --- Harm ---------------------------------------------------------------------
def test_the_reason_tells_what_to_do() -> None:
    found = {kind: reason_of(name, content) for kind, (name, content) in REFUSED.items()}
    assert found == {kind: reason_for(kind) for kind in REFUSED}


def reason_for(kind: str) -> Reason:
    name, content = REFUSED[kind]
    if kind in ("nothing", "blanks only"):
        return Reason.EMPTY
    if kind == "a text that is too long":
        return Reason.TOO_LONG
    if " pixels" in kind or "passes" in kind:
        return Reason.TOO_MANY_PIXELS
    is_image = IMAGE_HEADS.match(content) or name in ("me.png", "me.jpg")
    return Reason.BROKEN if is_image else Reason.UNKNOWN


@pytest.mark.django_db
def test_hostile_files_leave_nothing_behind_and_take_little_memory(alice: Any) -> None:
    before, in_use = stored_files(), megabytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the highest use so far
    for name, content in REFUSED.values():
        with pytest.raises(CannotAttach):
            attach(owner=alice, conversation=None, upload=upload(content, name))
    assert (stored_files(), Attachment.objects.count(), StrayFile.objects.count()) == (before, 0, 0)
    for name, content in HARMLESS.values():
        attachment = attach(owner=alice, conversation=None, upload=upload(content, name))
        check_harmless(attachment)
        attachment.delete()
    assert megabytes("VmHWM") - in_use < MOST_MEGABYTES
    assert len(REFUSED) + len(HARMLESS) >= 40


def check_harmless(attachment: Attachment) -> None:
    """What is served is of a fixed type: pixels and nothing else of what came, or plain text."""
    if not attachment.is_image:
        assert attachment.media_type == "text/plain; charset=utf-8"
        return
    with default_storage.open(attachment.file) as file:
        content = file.read()
    image = Image.open(BytesIO(content))
    assert f"image/{(image.format or '').lower()}" == attachment.media_type
    assert b"owned" not in content
    assert getattr(image, "n_frames", 1) == 1
    assert not image.getexif()
    assert not {"comment", "icc_profile", "xmp", "exif"} & image.info.keys()


def stored_files() -> set[str]:
    folder = Path(default_storage.path("attachments"))
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def megabytes(field: str) -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(field)) / 1024


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_names_are_made_harmless(name: str, shown: str) -> None:
    assert harmless_name(name) == shown


@given(st.text())
def test_any_name_becomes_one_short_visible_line(name: str) -> None:
    shown = harmless_name(name)
    assert 0 < len(shown) <= 100
    assert shown.isprintable()
    assert not set("/\\`\n") & set(shown)


def test_a_file_that_is_too_large_is_not_even_read() -> None:
    with pytest.raises(CannotAttach) as caught:
        read_upload(BytesIO(b"\xff\xd8\xff"), size=20_000_001, name="a.jpg")
    assert caught.value.reason == Reason.TOO_LARGE
