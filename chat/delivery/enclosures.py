"""What becomes of attachments in what a model reads: images stay images, text files are fenced in the text."""

import math
import re
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, cast
from uuid import UUID

from django.core.files.storage import default_storage

from chat.models import Attachment, Message
from chat.segmind import Image

# A text file's contents, by its id.
Texts = dict[UUID, str]

# Anthropic takes 32 MB as one request, and beyond 20 images only small ones. The newest message's always fit.
MOST_IMAGES = 20
MOST_IMAGE_BYTES = 16_000_000
# Anthropic: an image costs a token for every 750 pixels, the dearest of the three providers.
PIXELS_PER_TOKEN = 750
# A fence and the line above it, and the note in the place of an image.
CHARACTERS_AROUND = 50
LANGUAGE = re.compile(r"[a-z0-9]{1,10}")


def is_blank(message: Message) -> bool:
    return not message.text.strip() and not message.attachment_count


def attachments_of(message: Message) -> list[Attachment]:
    """As chat.queries.attach_attachments has read them."""
    return list(message.attachments.all()) if message.attachment_count else []


def images_to_send(path: list[Message]) -> frozenset[UUID]:
    """The newest images of a path, as many as a request may carry."""
    chosen: list[UUID] = []
    size = 0
    for message in reversed(path):
        for image in attachments_of(message):
            if not image.is_image:
                continue
            size += image.bytes
            if size > MOST_IMAGE_BYTES or len(chosen) == MOST_IMAGES:
                return frozenset(chosen)
            chosen.append(image.pk)
    return frozenset(chosen)


def weight(message: Message, images: frozenset[UUID], characters_per_image_token: float) -> int:
    """How many characters a message counts as, with all that goes with it."""
    characters = len(message.text)
    for attachment in attachments_of(message):
        characters += CHARACTERS_AROUND + len(attachment.name) + len(attachment.alt) + attachment.characters
        if attachment.pk in images:
            tokens = math.ceil(attachment.width * attachment.height / PIXELS_PER_TOKEN)
            characters += math.ceil(tokens * characters_per_image_token)
    return characters


def images_in(message: Message, images: frozenset[UUID]) -> tuple[Image, ...]:
    """Those of a message that are sent. Their files are opened only then."""
    return tuple(
        Image(attachment.media_type, attachment.bytes, partial(opened, attachment.file))
        for attachment in attachments_of(message)
        if attachment.pk in images
    )


def opened(name: str) -> BinaryIO:
    return cast("BinaryIO", default_storage.open(name))


def said(message: Message, images: frozenset[UUID], texts: Texts) -> str:
    """The text of a message with its text files, and a note for each image that is not sent."""
    parts = [message.text]
    for attachment in attachments_of(message):
        if not attachment.is_image:
            parts.append(fenced(attachment.name, texts.get(attachment.pk, "")))
        elif attachment.pk not in images:
            parts.append(note_on(attachment))
        elif attachment.alt:
            parts.append(f"[{attachment.name}: {attachment.alt}]")
    return "\n\n".join(part for part in parts if part)


def fenced(name: str, text: str) -> str:
    """The file below its name, in a fence that is longer than any in it, so that nothing in it can end it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    ending = PurePosixPath(name).suffix[1:].lower()
    language = ending if LANGUAGE.fullmatch(ending) else ""
    return f"File “{name}”:\n{fence}{language}\n{text.rstrip('\n')}\n{fence}"


def note_on(image: Attachment) -> str:
    """For a model that does not get the image."""
    words = f", described as “{image.alt}”" if image.alt else ""
    return f"[An image, “{image.name}”{words}, was here; it is not sent to this model.]"
