"""A link that asks for a passphrase."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, LanguageModel, Share
from chat.services.share_guesses import guesses
from tests.chat.sharing import share, written

FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
WORDS = "open sesame"


@pytest.fixture(autouse=True)
def nobody_has_guessed(db: None) -> None:
    guesses.forget()
    cache.clear()


@pytest.fixture
def path(alice: User, llama: LanguageModel) -> str:
    conversation: Conversation = written(alice, "Who?", "Me.", model=llama)
    return share(conversation, passphrase=WORDS)[1]


def give(client: Client, path: str, words: str = WORDS, **options: object) -> int:
    headers = options.pop("headers", FROM_HERE)
    return client.post(f"{path}passphrase/", {"passphrase": words}, headers=headers, **options).status_code  # type: ignore[arg-type]


def test_it_is_asked_for_first_and_that_is_no_view(client: Client, path: str) -> None:
    response = client.get(path)
    assert b"Who?" not in response.content
    assert b"passphrase" in response.content
    assert not response.cookies
    assert Share.objects.get().views == 0


def test_only_a_slow_hash_of_it_is_stored(path: str) -> None:
    stored = Share.objects.get().passphrase
    assert WORDS not in stored
    assert stored.startswith("md5$")  # Django's hasher, which the tests' settings make a quick one


def test_it_is_remembered_for_an_hour_in_one_cookie_for_this_link_alone(client: Client, path: str) -> None:
    assert give(client, path) == 302
    cookie = client.cookies["share"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (path, True, "Lax", 3600)
    assert set(client.cookies) == {"share"}
    assert b"Who?" in client.get(path).content
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        assert b"Who?" not in client.get(path).content


def test_a_cookie_opens_no_other_link_and_not_one_with_another_passphrase(
    client: Client, path: str, alice: User
) -> None:
    give(client, path)
    value = client.cookies["share"].value
    _other, other_path = share(written(alice, "Else"), passphrase=WORDS)
    client.cookies["share"] = value
    assert b"Else" not in client.get(other_path).content
    Share.objects.update(passphrase="md5$changed$")
    assert b"Who?" not in client.get(path).content


@pytest.mark.parametrize("words", ["", "wrong", WORDS.upper(), f"{WORDS} "])
def test_a_wrong_one_opens_nothing(client: Client, path: str, words: str) -> None:
    assert give(client, path, words) == 422
    assert not client.cookies


def test_trying_is_throttled_by_address_and_altogether(client: Client, path: str) -> None:
    for _ in range(5):
        give(client, path, "wrong")
    assert give(client, path) == 422
    assert give(client, path, REMOTE_ADDR="192.0.2.1") == 302
    for number in range(45):
        give(client, path, "wrong", REMOTE_ADDR=f"192.0.2.{10 + number}")
    assert give(client, path, REMOTE_ADDR="192.0.2.2") == 422


def test_it_is_taken_only_from_the_page_that_asks_for_it(client: Client, path: str) -> None:
    assert give(client, path, headers={"Sec-Fetch-Site": "cross-site"}) == 403
    assert give(client, path, headers={"Origin": "https://evil.example"}) == 403
    assert give(client, path, headers={"Origin": "null"}) == 403
    assert give(client, path, headers={"Origin": "http://testserver"}) == 302
