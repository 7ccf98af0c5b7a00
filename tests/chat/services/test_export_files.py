"""Attachments in an export of one conversation, which is one file; and on paper."""

import base64
import re

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from chat.models import Attachment
from chat.services.export import PARTS
from tests.chat.sharing import with_files, written


@pytest.fixture
def conversation(alice, llama):
    conversation = written(alice, "What is this?", "A square.", model=llama)
    with_files(conversation, "<b>a</b>,b\n")
    return conversation


def test_a_page_has_thumbnails_and_texts_within_itself(conversation):
    page = "".join(PARTS["html"](conversation))
    assert "img-src data:" in page
    found = re.search(r'<img src="data:image/webp;base64,([^"]+)" alt="A red square of bob@example.com">', page)
    assert found
    with default_storage.open(Attachment.objects.get(kind="image").thumbnail) as thumbnail:
        assert base64.b64decode(found[1]) == thumbnail.read()
    assert "<pre>&lt;b&gt;a&lt;/b&gt;,b\n</pre>" in page


def test_an_image_that_the_storage_has_lost_is_named(conversation):
    default_storage.delete(Attachment.objects.get(kind="image").thumbnail)
    page = "".join(PARTS["html"](conversation))
    assert "<img" not in page
    assert "A red square" in page


def test_markdown_names_them_and_points_to_nothing(conversation):
    text = "".join(PARTS["md"](conversation))
    assert r"\[text file: table.csv\]" in text
    assert r"\[image: A red square of bob@example.com\]" in text
    assert "](" not in text


def test_paper_has_them_too(conversation, alice):
    client = Client()
    client.force_login(alice)
    page = client.get(f"{conversation.get_absolute_url()}print/").content.decode()
    image = Attachment.objects.get(kind="image")
    assert f'<img src="/attachments/{image.pk}/thumbnail/" alt="A red square' in page
    assert "&lt;b&gt;a&lt;/b&gt;,b" in page
