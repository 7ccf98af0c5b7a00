"""Whatever a link is not, or is no more, nobody can tell which: in status, body and time."""

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services.people import disable_person
from chat.models import Conversation, LanguageModel, Share, Snapshot, SnapshotFile
from chat.services import shares
from chat.services.conversations import delete_conversation
from chat.services.organising import restore_conversation, trash_conversation
from chat.services.share_guesses import MOST_WRONG, WINDOW_SECONDS, guesses
from chat.services.snapshots import Choice
from tests.chat import sharing
from tests.chat.sharing import with_files, written


@pytest.fixture(autouse=True)
def nobody_has_guessed() -> None:
    guesses.forget()


@pytest.fixture
def conversation(alice: User, llama: LanguageModel) -> Conversation:
    conversation = written(alice, "Who?", "Me.", model=llama)
    with_files(conversation)
    return conversation


def share(conversation: Conversation, **terms: Any) -> tuple[Share, str]:
    return sharing.share(conversation, Choice(with_images=True), **terms)


def wrong(conversation: Conversation, client: Client) -> str:
    return f"/s/{Share.new_token()}/"


def revoked(conversation: Conversation, client: Client) -> str:
    made, path = share(conversation)
    shares.revoke(share=made)
    return path


def expired(conversation: Conversation, client: Client) -> str:
    made, path = share(conversation)
    Share.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return path


def used_up(conversation: Conversation, client: Client) -> str:
    _made, path = share(conversation, views_limit=1)
    assert client.get(path).status_code == 200
    return path


def replaced(conversation: Conversation, client: Client) -> str:
    made, path = share(conversation)
    shares.reissue(share=made)
    return path


def with_conversation_deleted(conversation: Conversation, client: Client) -> str:
    other = written(conversation.owner, "Gone")
    _made, path = share(other)
    delete_conversation(conversation=other)
    return path


def with_conversation_in_the_trash(conversation: Conversation, client: Client) -> str:
    _made, path = share(conversation)
    trash_conversation(conversation=conversation)
    restore_conversation(conversation=conversation)
    return path


def of_disabled_owner(conversation: Conversation, client: Client) -> str:
    owner = User.objects.create_user("dora@example.com", "x" * 20, name="Dora")
    User.objects.create_superuser("root@example.com", "x" * 20, name="Root")
    _made, path = share(written(owner, "Mine"))
    disable_person(person=owner)
    return path


def forbidden(conversation: Conversation, client: Client) -> str:
    _made, path = share(conversation)
    shares.allow_anyone(allowed=False)
    return path


def locked_and_expired(conversation: Conversation, client: Client) -> str:
    made, path = share(conversation, passphrase="open sesame")
    Share.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return path


ENDS = [
    wrong,
    revoked,
    expired,
    used_up,
    replaced,
    with_conversation_deleted,
    with_conversation_in_the_trash,
    of_disabled_owner,
    forbidden,
]
ENDS += [of_disabled_owner, forbidden, locked_and_expired]


@pytest.mark.parametrize("end", ENDS)
def test_it_looks_like_a_link_that_never_was(
    conversation: Conversation,
    client: Client,
    bob: User,
    end: Callable[[Conversation, Client], str],
    django_assert_num_queries: Callable[[int], object],
) -> None:
    path = end(conversation, client)
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        answer = client.get(path)
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        never = client.get(wrong(conversation, client))
    assert answer.status_code == never.status_code == 404
    assert answer.content == never.content
    assert answer.headers == never.headers
    headers = {"Sec-Fetch-Site": "same-origin"}
    sent = client.post(f"{path}passphrase/", {"passphrase": "open sesame"}, headers=headers)
    assert (sent.status_code, sent.content) == (404, never.content)
    client.force_login(bob)
    for page in ("copy", "report"):
        for ask in (client.get, client.post):
            told = ask(f"{path}{page}/")
            assert (told.status_code, told.content) == (404, never.content)


@pytest.mark.parametrize("end", ENDS)
def test_its_images_look_like_those_of_a_link_that_never_was(
    conversation: Conversation, client: Client, end: Callable[[Conversation, Client], str]
) -> None:
    path = end(conversation, client)
    image = SnapshotFile.objects.first()
    place = f"images/{image.pk if image else uuid.uuid4()}/"
    answer, never = client.get(path + place), client.get(wrong(conversation, client) + place)
    assert answer.status_code == never.status_code == 404
    assert (answer.content, answer.headers) == (never.content, never.headers)


def test_it_takes_as_long_as_a_link_that_never_was(conversation: Conversation, client: Client) -> None:
    """Loosely, since this machine is shared: the quickest of each differ by less than half."""
    paths = {end.__name__: end(conversation, client) for end in (wrong, revoked, expired, used_up)}
    took: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(25):
        for name, path in paths.items():
            started = time.perf_counter()
            client.get(path)
            took[name].append(time.perf_counter() - started)
    quickest = {name: min(times) for name, times in took.items()}
    assert max(quickest.values()) < 1.5 * min(quickest.values()), quickest


def test_one_expires_as_the_clock_goes_on(conversation: Conversation, client: Client) -> None:
    _made, path = share(conversation, expires_at=timezone.now() + timedelta(days=30))
    assert client.get(path).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=30, seconds=1)):
        assert client.get(path).status_code == 404


def test_what_a_revoked_link_showed_is_deleted(conversation: Conversation) -> None:
    made, _path = share(conversation)
    shares.revoke(share=made)
    assert not Snapshot.objects.exists()


# --- Guessing -------------------------------------------------------------------
def test_guessing_is_throttled_by_address(conversation: Conversation, client: Client) -> None:
    _made, path = share(conversation)
    answers = [client.get(f"/s/{Share.new_token()}/").status_code for _ in range(MOST_WRONG + 1)]
    assert answers == [404] * MOST_WRONG + [429]
    assert client.get(path).status_code == 429
    assert client.get(path, REMOTE_ADDR="192.0.2.7").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=WINDOW_SECONDS)):
        assert client.get(path).status_code == 200


def test_reloading_one_dead_link_is_no_guessing(conversation: Conversation, client: Client) -> None:
    _made, path = share(conversation)
    dead = wrong(conversation, client)
    assert {client.get(dead).status_code for _ in range(MOST_WRONG + 5)} == {404}
    assert client.get(path).status_code == 200
