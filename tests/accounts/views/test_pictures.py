"""A picture comes in as whatever it is, and goes out as our own WebP to people who are signed in."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from accounts.services import decoding, pictures
from tests.accounts.services.test_pictures import image_file

pytestmark = pytest.mark.django_db
ADDRESS = "/settings/picture/"


def upload(content: bytes, name: str = "me.png", content_type: str = "image/png") -> dict[str, SimpleUploadedFile]:
    return {"picture": SimpleUploadedFile(name, content, content_type)}


def test_an_uploaded_picture_is_shown_to_everybody_who_is_signed_in(client: Client, alice: User, bob: User) -> None:
    client.force_login(alice)
    assert client.post(ADDRESS, upload(image_file().getvalue()))["Location"] == "/settings/"
    alice.refresh_from_db()
    assert alice.picture
    address = alice.picture.get_absolute_url()
    assert f'src="{address}"' in client.get("/settings/").content.decode()
    client.force_login(bob)
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]
    assert answer.content[:4] + answer.content[8:12] == b"RIFFWEBP"
    client.logout()
    assert client.get(address).status_code == 302


def test_without_a_picture_the_initials_stand_there(client: Client, alice: User) -> None:
    User.objects.update(name="alice von Kempelen")
    client.force_login(alice)
    assert ">AK</span>" in client.get("/settings/").content.decode()


HOSTILE = {
    "a page": (b"<script>alert(1)</script>", "me.png"),
    "a drawing with a script": (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "me.svg"),
    "nothing": (b"", "me.png"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_picture_is_refused_beside_the_box(client: Client, alice: User, kind: str) -> None:
    client.force_login(alice)
    answer = client.post(ADDRESS, upload(*HOSTILE[kind]))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    alice.refresh_from_db()
    assert alice.picture is None


def test_a_large_file_and_a_huge_picture_are_refused(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(alice)
    answer = client.post(ADDRESS, upload(b"x" * (pictures.LARGEST_BYTES + 1)))
    assert "larger than 10 MB" in answer.content.decode()
    monkeypatch.setattr(decoding, "MOST_PIXELS", 100)
    answer = client.post(ADDRESS, upload(image_file().getvalue()))
    assert "more than 25 million pixels" in answer.content.decode()
    assert answer.status_code == 422


def test_it_can_be_removed(client: Client, alice: User) -> None:
    pictures.set_picture(person=alice, file=image_file())
    assert alice.picture
    address = alice.picture.get_absolute_url()
    client.force_login(alice)
    assert client.get("/settings/picture/removal/").status_code == 405
    client.post("/settings/picture/removal/")
    assert client.get(address).status_code == 404
