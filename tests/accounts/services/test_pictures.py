"""Whatever is uploaded becomes one small square, or is refused."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accounts.models import Picture, User
from accounts.services.decoding import NotAPicture, TooManyPixels
from accounts.services.pictures import remove_picture, set_picture, small_square

RED, BLUE = (255, 0, 0), (0, 0, 255)
ORIENTATION, ARTIST, TURNED_LEFT = 0x0112, 0x013B, 8


def image_file(
    format_: str = "PNG", size: tuple[int, int] = (600, 300), mode: str = "RGB", **options: object
) -> BytesIO:
    file = BytesIO()
    Image.new(mode, size, "red").save(file, format_, **options)
    file.seek(0)
    return file


def made_of(file: BytesIO) -> Image.Image:
    return Image.open(BytesIO(small_square(file)))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(600, 300), (1, 900), (256, 256), (3000, 2000)])
def test_any_shape_becomes_a_small_square_webp(format_: str, size: tuple[int, int]) -> None:
    made = made_of(image_file(format_, size))
    assert (made.format, made.size) == ("WEBP", (256, 256))


@pytest.mark.parametrize(
    ("format_", "mode"), [("PNG", "P"), ("PNG", "L"), ("PNG", "1"), ("PNG", "RGBA"), ("JPEG", "CMYK")]
)
def test_any_kind_of_colours_will_do(format_: str, mode: str) -> None:
    assert made_of(image_file(format_, mode=mode)).size == (256, 256)


def test_what_the_camera_wrote_is_gone_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[ARTIST] = TURNED_LEFT, "Somebody at 52.52 N, 13.40 E"
    photo = Image.new("RGB", (400, 400), RED)
    photo.paste(BLUE, (0, 0, 400, 200))
    file = BytesIO()
    photo.save(file, "JPEG", exif=exif, comment=b"secret")
    data = small_square(file)
    made = Image.open(BytesIO(data)).convert("RGB")
    assert b"Somebody" not in data
    assert b"secret" not in data
    assert not made.getexif()
    left, right = made.getpixel((20, 128)), made.getpixel((236, 128))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert (left[2] > 200, left[0] < 60) == (True, True)
    assert (right[0] > 200, right[2] < 60) == (True, True)


def test_of_a_moving_picture_the_first_frame_is_kept() -> None:
    file = image_file("WEBP", save_all=True, append_images=[Image.new("RGB", (600, 300), "blue")])
    assert getattr(made_of(file), "n_frames", 1) == 1


@pytest.mark.parametrize("side", [6_000, 40_000])
def test_a_bomb_is_refused_by_its_head(side: int) -> None:
    """A PNG of a few bytes that says it has billions of pixels; nothing of it is ever decoded."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    with pytest.raises((TooManyPixels, NotAPicture)):
        small_square(BytesIO(b"\x89PNG\r\n\x1a\n" + chunk))


@pytest.mark.parametrize("format_", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_refused(format_: str) -> None:
    with pytest.raises(NotAPicture):
        small_square(image_file(format_))


@given(st.binary(max_size=200), st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(0, 400))
def test_a_broken_file_is_refused_and_nothing_else_happens(noise: bytes, format_: str, kept: int) -> None:
    broken = image_file(format_).getvalue()[:kept] + noise
    with suppress(NotAPicture, TooManyPixels):
        assert Image.open(BytesIO(small_square(BytesIO(broken)))).size == (256, 256)


@pytest.mark.django_db
def test_another_picture_has_another_address_and_the_old_one_is_gone(alice: User) -> None:
    set_picture(person=alice, file=image_file())
    first = alice.picture
    set_picture(person=alice, file=image_file("JPEG"))
    assert first
    assert alice.picture != first
    assert list(Picture.objects.all()) == [alice.picture]
    remove_picture(person=alice)
    alice.refresh_from_db()
    assert alice.picture is None
    assert not Picture.objects.exists()
