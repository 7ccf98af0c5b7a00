"""The images of a link, as readers fetch them."""

import re

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation, LanguageModel, ShareReport
from chat.services import shares
from chat.services.share_guesses import guesses
from chat.services.snapshots import Choice
from tests.chat.sharing import share, with_files, written

IMAGES = Choice(with_images=True)


@pytest.fixture(autouse=True)
def nobody_has_guessed() -> None:
    guesses.forget()


@pytest.fixture
def conversation(alice: User, llama: LanguageModel) -> Conversation:
    conversation = written(alice, "What is this?", "A square.", model=llama)
    with_files(conversation)
    return conversation


def image_in(page: bytes) -> str:
    found = re.search(r'<img src="([^"]+)"', page.decode())
    assert found
    return found[1]


def test_an_image_is_shown_to_guess_and_do_nothing(conversation: Conversation, client: Client) -> None:
    _made, path = share(conversation, IMAGES)
    page = client.get(path).content
    image = client.get(path + image_in(page))
    assert (image.status_code, image["Content-Type"]) == (200, "image/png")
    assert image["X-Content-Type-Options"] == "nosniff"
    assert image["Cache-Control"] == "private, no-store"
    assert "sandbox" in image["Content-Security-Policy"]
    assert "default-src 'none'" in image["Content-Security-Policy"]
    assert not image.cookies
    assert "secret: [mail address masked]" in page.decode()


def test_it_is_gone_at_the_next_request_after_a_revoke(conversation: Conversation, client: Client) -> None:
    made, path = share(conversation, IMAGES)
    place = path + image_in(client.get(path).content)
    shares.revoke(share=made)
    assert client.get(place).status_code == 404


def test_another_link_does_not_show_it(conversation: Conversation, client: Client) -> None:
    _made, path = share(conversation, IMAGES)
    _other, without = share(conversation)
    place = image_in(client.get(path).content)
    assert b"<img" not in client.get(without).content
    assert client.get(without + place).status_code == 404


def test_a_passphrase_is_asked_for_it_too(conversation: Conversation, client: Client) -> None:
    _made, path = share(conversation, IMAGES, passphrase="open sesame")
    headers = {"Sec-Fetch-Site": "same-origin"}
    client.post(f"{path}passphrase/", {"passphrase": "open sesame"}, headers=headers)
    place = path + image_in(client.get(path).content)
    assert client.get(place).status_code == 200
    assert Client().get(place).headers["Location"] == path


def test_the_last_viewer_sees_it_and_nobody_gets_in_by_it(conversation: Conversation, client: Client) -> None:
    _made, path = share(conversation, IMAGES, views_limit=1)
    place = path + image_in(client.get(path).content)
    assert client.get(place).status_code == 200
    assert client.get(place.partition("?")[0]).status_code == 404


def test_only_those_who_may_open_the_link_see_it(conversation: Conversation, bob: User, charlie: User) -> None:
    _made, path = share(conversation, IMAGES, audience="named", people=(bob,))
    client = Client()
    client.force_login(bob)
    place = path + image_in(client.get(path).content)
    assert client.get(place).status_code == 200
    client.force_login(charlie)
    assert client.get(place).status_code == 404
    assert Client().get(place).status_code == 302


def test_the_owner_and_administrators_see_what_was_reported(conversation: Conversation, alice: User, bob: User) -> None:
    made, _path = share(conversation, IMAGES)
    root = User.objects.create_superuser("root@example.com", "x" * 20, name="Root")
    page = f"/settings/shares/{made.pk}/snapshot/"
    client = Client()
    client.force_login(alice)
    place = page + image_in(client.get(page).content)
    statuses = []
    for person in (alice, bob, root):
        client.force_login(person)
        statuses.append(client.get(place).status_code)
    assert statuses == [200, 404, 404]
    ShareReport.objects.create(share=made, reporter=bob, reason="?")
    client.force_login(root)
    assert client.get(place).status_code in (200, 302)
