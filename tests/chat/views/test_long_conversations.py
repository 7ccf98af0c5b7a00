"""However long a conversation and however many of them: a page takes the same queries, little time, few bytes."""

import random
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.chat.long import long_conversation, many_conversations

COMPRESSED = {"Accept-Encoding": "gzip"}
HTMX = {"HX-Request": "true"}
# The measured time is in docs/decisions/2026-11-21-search.md. Others may be at work here.
TARGET_SECONDS, PATIENCE = 0.1, 10


def texts(number: int) -> list[str]:
    """Questions of some 20 words and answers of some 150, of a usual vocabulary."""
    chance = random.Random(1)
    vocabulary = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(3000)]
    return [" ".join(chance.choices(vocabulary, k=150 if index % 2 else 20)) for index in range(number)]


@pytest.fixture
def conversations(client, alice, alice_key, llama):
    """The paths of conversations with 2, 50 and 2,000 messages."""
    client.force_login(alice)
    return [long_conversation(alice, llama, texts(number)) for number in (2, 50, 2000)]


def test_queries_stay_the_same(client, alice, conversations):
    addresses = [path[0].conversation.get_absolute_url() for path in conversations]
    for address in addresses:
        client.get(address)  # what was looked at once is noted as seen
    assert len({queries_of(client, address) for address in addresses}) == 1
    pages = ("/", "/c/", addresses[2], "/search/?q=conversation", "/search/quick/?q=conversation")
    before = [queries_of(client, page) for page in pages[:3]]
    many_conversations(alice, 5000)
    assert [queries_of(client, page) for page in pages[:3]] == before
    assert [queries_of(client, page) for page in pages[3:]] == [13, 11]


def queries_of(client, address) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_two_thousand_messages_open_at_once_and_are_small(client, conversations):
    long, usual = conversations[2], conversations[0]
    address = long[0].conversation.get_absolute_url()
    client.get(address)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        page = client.get(address, headers=COMPRESSED)
        times.append(time.perf_counter() - started)
    assert page["Content-Encoding"] == "gzip"
    assert len(page.content) < 60_000
    assert min(times) < TARGET_SECONDS * PATIENCE

    earlier = client.get(page.context["earlier_url"], headers=COMPRESSED | HTMX)
    other = client.get(usual[0].conversation.get_absolute_url(), headers=COMPRESSED)
    results = client.get("/search/quick/?q=long", headers=COMPRESSED | HTMX)
    sizes = [len(response.content) for response in (earlier, other, results)]
    print(f"{min(times) * 1000:.0f} ms, {len(page.content)} bytes; earlier, another, quick: {sizes}")
    assert max(sizes) < 30_000
