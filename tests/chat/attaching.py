"""Attachments, made of files as people have them."""

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from chat.models import Attachment, Conversation
from chat.services.attachments import attach
from tests.chat.image_files import image_bytes


def upload(content: bytes | None = None, name: str = "red.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, image_bytes() if content is None else content)


def image_of(person: User, *, conversation: Conversation | None = None, name: str = "red.png") -> Attachment:
    """Unsent."""
    return attach(owner=person, conversation=conversation, upload=upload(name=name))


def text_of(person: User, text: str = "a,b\n1,2\n", *, name: str = "table.csv") -> Attachment:
    """Unsent."""
    return attach(owner=person, conversation=None, upload=upload(text.encode(), name=name))
