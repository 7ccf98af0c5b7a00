"""A million messages in a database, as a busy team would have written them in some years: for tests/bench/search.py.

Words follow Zipf's law, people and conversations too: a few have written much. The texts are cut at random places from
one long stream of words, with two seldom words added to each, so that most words of the vocabulary are rare.
"""

import random
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import psycopg

PEOPLE = 200
VOCABULARY = 80_000
STREAM_WORDS = 2_000_000
CONVERSATION_MESSAGES = 20
YEARS = 3
COMMON_WORDS = """
    the of and to in is you that it for on with as are this be can not use if we have one data code time list function
    table value first example file number query error system python model
"""
COMMON = COMMON_WORDS.split()
SYLLABLE_LINE = "ba co de fi gra hu in jo ka lem mo nu or pa qui re sta ti ur ven wo xi yo zal"
SYLLABLES = SYLLABLE_LINE.split()
# Measured: without them the same rows take three times as long to come in.
INDEXES = ("search_words_of_owner", "search_newest_of_owner", "search_newest_titles")


@dataclass(frozen=True)
class Conversation:
    """To be written: its owner's number, its own id and how many messages it has."""

    owner: int
    id: uuid.UUID
    messages: int
    started_at: datetime


class Writer:
    """Makes texts that look like English to a search, always the same ones."""

    def __init__(self) -> None:
        self.random = random.Random(20261121)
        self.vocabulary = [*COMMON, *self._made_up_words()]
        self.seldom = self.vocabulary[VOCABULARY // 2 :]
        weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(self.vocabulary))))
        self.stream = self.random.choices(self.vocabulary, cum_weights=weights, k=STREAM_WORDS)

    def _made_up_words(self) -> Iterator[str]:
        made = set(COMMON)
        while len(made) < VOCABULARY:
            word = "".join(self.random.choices(SYLLABLES, k=self.random.randint(2, 5)))
            if word not in made:
                made.add(word)
                yield word

    def text(self, words: int) -> str:
        begin = self.random.randrange(STREAM_WORDS - words)
        seldom = self.random.choices(self.seldom, k=2)
        return " ".join([*self.stream[begin : begin + words], *seldom])

    def question(self) -> str:
        return self.text(self.random.randint(5, 40))

    def answer(self) -> str:
        return self.text(self.random.randint(20, 250))


def fill(address: str, *, messages: int, owner_ids: list[int], model_id: int) -> None:
    """Write so many messages, and index them. The database has the site's schema, these people and nothing else."""
    writer = Writer()
    conversations = list(plan(writer.random, messages, owner_ids))
    with psycopg.connect(address, autocommit=True) as connection:
        kept = {name: index_definition(connection, name) for name in INDEXES}
        for name in kept:
            connection.execute(f"DROP INDEX {name}")
        for table in ("chat_conversation", "chat_message"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        copy_conversations(connection, writer, conversations, model_id)
        copy_messages(connection, writer, conversations, model_id)
        for table in ("chat_conversation", "chat_message"):
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
        write_entries(address)
        words = [word for word in writer.vocabulary if 4 <= len(word) <= 24]
        with connection.cursor().copy("COPY chat_searchword (word, first_entry) FROM STDIN") as copy:
            for word in words:
                copy.write_row((word, 1))
        connection.execute("SET maintenance_work_mem = '512MB'")
        for definition in kept.values():
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")


def plan(chance: random.Random, messages: int, owner_ids: list[int]) -> Iterator[Conversation]:
    """The one who writes most writes about a sixth of all; one conversation is very long."""
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(owner_ids))))
    newest = datetime(2026, 11, 1, tzinfo=UTC)
    left = messages
    while left > 0:
        length = 2000 if left == messages else 2 * max(1, round(chance.expovariate(2 / CONVERSATION_MESSAGES)))
        [owner] = chance.choices(owner_ids, cum_weights=weights)
        age = timedelta(seconds=chance.randrange(YEARS * 365 * 86400))
        yield Conversation(owner, uuid.UUID(int=chance.getrandbits(128), version=4), min(length, left), newest - age)
        left -= length


def copy_conversations(
    connection: psycopg.Connection[Any], writer: Writer, conversations: list[Conversation], model_id: int
) -> None:
    columns = "id, owner_id, title, model_id, instruction, active_leaf_id, created_at, updated_at"
    with connection.cursor().copy(f"COPY chat_conversation ({columns}) FROM STDIN") as copy:
        for made in conversations:
            leaf = message_id(made, made.messages - 1)
            times = (made.started_at, made.started_at + timedelta(minutes=made.messages))
            copy.write_row((made.id, made.owner, writer.text(6)[:80], model_id, "", leaf, *times))


def copy_messages(
    connection: psycopg.Connection[Any], writer: Writer, conversations: list[Conversation], model_id: int
) -> None:
    columns = (
        "id, conversation_id, parent_id, role, author_id, text, stored_html, stored_html_version, "
        "model_id, instruction, created_at"
    )
    with connection.cursor().copy(f"COPY chat_message ({columns}) FROM STDIN") as copy:
        for made in conversations:
            for number in range(made.messages):
                parent = message_id(made, number - 1) if number else None
                own = (message_id(made, number), made.id, parent)
                at = made.started_at + timedelta(minutes=number)
                if number % 2:
                    copy.write_row((*own, "assistant", None, writer.answer(), "", 0, model_id, "", at))
                else:
                    copy.write_row((*own, "user", made.owner, writer.question(), "", 0, None, "", at))


def message_id(conversation: Conversation, number: int) -> uuid.UUID:
    return uuid.uuid5(conversation.id, str(number))


def write_entries(address: str) -> None:
    """What the triggers would have written; both cores at once."""
    halves = ("id < '80000000-0000-0000-0000-000000000000'", "id >= '80000000-0000-0000-0000-000000000000'")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda half: write_entries_of(address, half), halves))


def write_entries_of(address: str, half: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"""
            INSERT INTO chat_searchentry (owner_id, conversation_id, created_at, vector)
            SELECT owner_id, id, created_at, setweight(chat_search_vector(title), 'A')
            FROM chat_conversation WHERE {half}
        """)
        connection.execute(f"""
            INSERT INTO chat_searchentry (owner_id, conversation_id, message_id, created_at, vector)
            SELECT owner_id, conversation.id, message.id, message.created_at, chat_search_vector(text)
            FROM chat_conversation conversation JOIN chat_message message ON conversation_id = conversation.id
            WHERE conversation.{half}
        """)


def index_definition(connection: psycopg.Connection[Any], name: str) -> str:
    found = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name]).fetchone()
    assert found
    definition: str = found[0]
    return definition
