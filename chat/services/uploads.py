"""What somebody chose on their disk: an image, made anew, or a text. Everything else is refused, with the reason."""

import codecs
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from PIL import Image

from accounts.services.decoding import NotAPicture, TooManyPixels, decode
from chat.models.attachment import LONGEST_NAME

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
PIECE_BYTES = 256 * 1024
LARGEST_UPLOAD_BYTES = 20_000_000
LARGEST_TEXT_BYTES = 200_000
# Eight of them, in base64, stay below the 32 MB that Anthropic takes as one request, and each below its 5 MB.
LARGEST_IMAGE_BYTES = 2_000_000
THUMBNAIL_SIDE_PIXELS = 400
# A drawing or a screen has fewer colours than a photo, and is smaller and sharper as a PNG.
COLOURS_OF_A_DRAWING = 10_000
JPEG_QUALITIES = (90, 75, 50)
IMAGE_HEADS = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF.{4}WEBP", re.DOTALL)
IMAGE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp"})
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Logs may have colours (ESC) and page breaks; all other control characters are a sign of something else than text.
NO_TEXT = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")


class Reason(TextChoices):
    """Why a file can't be attached; the label is the sentence for the person."""

    EMPTY = "empty", _("This file is empty.")
    TOO_LARGE = "too-large", _("This file is larger than 20 MB. Choose a smaller one.")
    TOO_LONG = "too-long", _("This text is longer than 200 kB. Choose a shorter one, or a part of it.")
    TOO_MANY_PIXELS = "pixels", _("This image has more than 25 million pixels. Choose a smaller one.")
    BROKEN = "broken", _("This image can't be read. Choose another one.")
    UNKNOWN = "unknown", _("This is neither a JPEG, PNG, WebP or GIF image nor a text in UTF-8 or UTF-16.")
    TOO_MANY = "too-many", _("A message takes 8 files at most.")
    STORAGE = "storage", _("The file could not be stored. Try again in a moment.")


class CannotAttach(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class NewImage:
    """An image as we made it anew; `ending` is ".png" or ".jpg", the thumbnail a WebP."""

    content: bytes
    ending: str
    thumbnail: bytes
    width: int
    height: int


def read_upload(file: IO[bytes], *, size: int, name: str) -> NewImage | str:
    """The image in an uploaded file of so many bytes, or its text. Raises CannotAttach."""
    if size == 0:
        raise CannotAttach(Reason.EMPTY)
    if size > LARGEST_UPLOAD_BYTES:
        raise CannotAttach(Reason.TOO_LARGE)
    file.seek(0)
    if IMAGE_HEADS.match(file.read(16)):
        return image_in(file)
    if PurePosixPath(name).suffix.lower() in IMAGE_ENDINGS:
        raise CannotAttach(Reason.BROKEN)
    file.seek(0)
    return text_in(file.read(LARGEST_TEXT_BYTES + 1))


def digest_of(file: IO[bytes]) -> str:
    """SHA-256, in hex."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()


# --- Images -------------------------------------------------------------------
def image_in(file: IO[bytes]) -> NewImage:
    """The first frame, upright, without metadata, no larger than models take. Raises CannotAttach."""
    try:
        image = decode(file, formats=FORMATS, side=settings.IMAGE_SIDE_PIXELS, shrink=within_side)
    except TooManyPixels as exc:
        raise CannotAttach(Reason.TOO_MANY_PIXELS) from exc
    except NotAPicture as exc:
        raise CannotAttach(Reason.BROKEN) from exc
    thumbnail = image.copy()
    thumbnail.thumbnail((THUMBNAIL_SIDE_PIXELS, THUMBNAIL_SIDE_PIXELS))
    image, content, ending = encoded(image)
    return NewImage(content, ending, saved(thumbnail, "WEBP", quality=80), image.width, image.height)


def within_side(image: Image.Image) -> Image.Image:
    side = settings.IMAGE_SIDE_PIXELS
    image.thumbnail((side, side))
    return image


def encoded(image: Image.Image) -> tuple[Image.Image, bytes, str]:
    """The image as it went into the bytes, smaller if need be; the bytes; their ending."""
    is_drawn = image.mode == "RGBA" or image.getcolors(COLOURS_OF_A_DRAWING) is not None
    if is_drawn and len(content := saved(image, "PNG")) <= LARGEST_IMAGE_BYTES:
        return image, content, ".png"
    flat = on_white(image)
    for quality in JPEG_QUALITIES:
        if len(content := saved(flat, "JPEG", quality=quality)) <= LARGEST_IMAGE_BYTES:
            return flat, content, ".jpg"
    return encoded(flat.reduce(2))


def on_white(image: Image.Image) -> Image.Image:
    """A JPEG knows no transparency."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def saved(image: Image.Image, format_: str, **options: int) -> bytes:
    output = BytesIO()
    image.save(output, format_, **options)
    return output.getvalue()


# --- Texts --------------------------------------------------------------------
def text_in(content: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 with a mark at its beginning. Raises CannotAttach."""
    mark, encoding = next((bom for bom in BOMS if content.startswith(bom[0])), (b"", "utf-8"))
    if len(content) > LARGEST_TEXT_BYTES:
        # Too long, and by its beginning no text anyway: that is then what to say.
        raise CannotAttach(Reason.UNKNOWN if b"\0" in content[:1000] and not mark else Reason.TOO_LONG)
    try:
        text = content.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError as exc:
        raise CannotAttach(Reason.UNKNOWN) from exc
    if NO_TEXT.search(text):
        raise CannotAttach(Reason.UNKNOWN)
    if not text.strip():
        raise CannotAttach(Reason.EMPTY)
    return text.replace("\r\n", "\n").replace("\r", "\n")


# --- Names --------------------------------------------------------------------
def harmless_name(name: str) -> str:
    """A file's name to be shown and sent: no folders, nothing invisible or turning, one line, not too long."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(
        character if unicodedata.category(character)[0] not in "CZ" or character == " " else " " for character in last
    )
    tidy = " ".join(visible.replace("`", "'").split()).strip(". ") or "file"
    if len(tidy) <= LONGEST_NAME:
        return tidy
    ending = PurePosixPath(tidy).suffix[:20]
    return tidy[: LONGEST_NAME - len(ending) - 1].rstrip() + "…" + ending
