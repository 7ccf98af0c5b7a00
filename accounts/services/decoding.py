"""Opening an image that a stranger made: its head is read before anything is decoded, and only pixels come out."""

import struct
import threading
from collections.abc import Callable
from typing import IO

from PIL import Image, ImageOps

# Decoded, a pixel takes up to four bytes; this is a large photo of today.
MOST_PIXELS = 25_000_000
# A progressive JPEG comes in about ten passes over the whole image. Thousands of them fit into a small file.
MOST_SCANS = 100
START_OF_SCAN = b"\xff\xda"
CHUNK_BYTES = 256 * 1024
# However many uploads arrive at once, only so many large images are in memory.
AT_ONCE = threading.BoundedSemaphore(2)
# What Pillow raises on files that are broken, or are something else; of a metadata bomb too.
UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
)


class NotAPicture(Exception):
    """The file is none of the formats asked for, or can't be read."""


class TooManyPixels(Exception):
    """It would take too much memory, or time, to open."""


def decode(
    file: IO[bytes], *, formats: tuple[str, ...], side: int, shrink: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """The first frame as `shrink` makes it, RGB or RGBA, upright, without metadata.

    `formats` in Pillow's words; `side`: how many pixels `shrink` needs of each side, where the format can be decoded
    at a fraction of its size. Raises NotAPicture and TooManyPixels.
    """
    if scans_in(file) > MOST_SCANS:
        raise TooManyPixels
    try:
        with AT_ONCE, Image.open(file, formats=formats) as image:
            if image.width * image.height > MOST_PIXELS:
                raise TooManyPixels
            # A JPEG can be decoded at a fraction of its size; to all others this means nothing.
            image.draft("RGB", (side, side))
            small = shrink(image.convert("RGBA" if image.has_transparency_data else "RGB"))
            upright = ImageOps.exif_transpose(small)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise TooManyPixels from exc
    except UNREADABLE as exc:
        raise NotAPicture from exc
    upright.info.clear()
    return upright


def scans_in(file: IO[bytes]) -> int:
    """How often a JPEG's pixels are gone over. In the pixels themselves the two bytes never stand side by side."""
    file.seek(0)
    if file.read(2) != b"\xff\xd8":
        file.seek(0)
        return 0
    scans, end = 0, b""
    while chunk := file.read(CHUNK_BYTES):
        scans += (end + chunk).count(START_OF_SCAN)
        end = chunk[-1:]
    file.seek(0)
    return scans
