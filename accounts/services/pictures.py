"""A person's picture: whatever was uploaded, made anew as one small square."""

from io import BytesIO
from typing import BinaryIO

from django.db import transaction
from PIL import ImageOps

from accounts.models import Picture, User
from accounts.services.decoding import decode

FORMATS = ("JPEG", "PNG", "WEBP")
LARGEST_BYTES = 10 * 1024 * 1024
SIDE_PIXELS = 256


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
    """The middle of an image as a WebP of SIDE_PIXELS, upright, no metadata. Raises NotAPicture and TooManyPixels."""
    square = (SIDE_PIXELS, SIDE_PIXELS)
    picture = decode(file, formats=FORMATS, side=2 * SIDE_PIXELS, shrink=lambda image: ImageOps.fit(image, square))
    output = BytesIO()
    picture.save(output, "WEBP", quality=85)
    return output.getvalue()
