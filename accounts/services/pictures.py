"""A person's picture: whatever was uploaded, made anew as one small square."""

import struct
from io import BytesIO
from typing import BinaryIO

from django.db import transaction
from PIL import Image, ImageOps

from accounts.models import Picture, User

FORMATS = ("JPEG", "PNG", "WEBP")
LARGEST_BYTES = 10 * 1024 * 1024
# Decoded, a pixel takes four bytes; this is a large photo of today.
MOST_PIXELS = 25_000_000
SIDE_PIXELS = 256
# What Pillow raises on files that are broken, or are something else.
UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class NotAPicture(Exception):
    """The file is no JPEG, PNG or WebP that can be read."""


class TooManyPixels(Exception):
    """It would take too much memory to open."""


def set_picture(*, person: User, file: BinaryIO) -> None:
    """Keep a small square of the image in `file` as the person's picture. Raises NotAPicture and TooManyPixels."""
    replace_picture(person, Picture(webp=small_square(file)))


def remove_picture(*, person: User) -> None:
    """Go back to the initials."""
    replace_picture(person, None)


@transaction.atomic
def replace_picture(person: User, picture: Picture | None) -> None:
    before = User.objects.select_for_update(no_key=True).get(pk=person.pk).picture_id
    if picture:
        picture.save(force_insert=True)
    person.picture = picture
    person.save(update_fields=["picture"])
    if before:
        Picture.objects.filter(pk=before).delete()


def small_square(file: BinaryIO) -> bytes:
    """The middle of an image as a WebP of SIDE_PIXELS, upright, no metadata. Raises NotAPicture and TooManyPixels.

    The dimensions are read from the head of the file, before anything is decoded.
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise TooManyPixels
            # A JPEG can be decoded at a fraction of its size; to all others this means nothing.
            image.draft("RGB", (2 * SIDE_PIXELS, 2 * SIDE_PIXELS))
            square = ImageOps.fit(image.convert("RGBA"), (SIDE_PIXELS, SIDE_PIXELS))
            upright = ImageOps.exif_transpose(square)
    except UNREADABLE as exc:
        raise NotAPicture from exc
    upright.info.clear()
    output = BytesIO()
    upright.save(output, "WEBP", quality=85)
    return output.getvalue()
