"""What `make bench-data` measures, with Django set up: searches by their statements, and writing with and without."""

import statistics
import time
import uuid
from typing import Any

import psycopg
from django.db import connection

from accounts.models import User
from chat.models import Conversation, LanguageModel, Message, SearchEntry
from chat.search.hits import NEWEST_MESSAGES, Filters, newest, own_entries, search
from chat.search.query import SearchText
from tests.bench import data

ROWS = 300


def people_and_model() -> dict[str, Any]:
    names = range(data.PEOPLE)
    User.objects.bulk_create([User(name=f"Person {name}", email=f"person{name}@example.com") for name in names])
    return {
        "owner_ids": list(User.objects.order_by("pk").values_list("pk", flat=True)),
        "model_id": LanguageModel.objects.on_offer()[0].pk,
    }


def sizes() -> str:
    tables = ("chat_message", "chat_searchentry", "search_words_of_owner", "chat_searchword")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_pretty(pg_total_relation_size(name)) FROM unnest(%s::text[]) name", [list(tables)]
        )
        return ", ".join(f"{name} {row[0]}" for name, row in zip(tables, cursor.fetchall(), strict=True))


def busiest_and_usual() -> list[tuple[User, str]]:
    people = list(User.objects.order_by("pk"))
    return [(people[0], "The one who writes most"), (people[len(people) // 4], "A usual person")]


def messages_of(person: User) -> int:
    return SearchEntry.objects.filter(owner=person).exclude(message=None).count()


def rare_word_of(person: User) -> str:
    """One that stands in a message of theirs."""
    oldest = Message.objects.filter(conversation__owner=person).order_by("created_at", "pk")[0]
    return oldest.text.split()[-1]


def search_once(person: User, text: str) -> tuple[float, int]:
    """Milliseconds in the database, and the number of conversations found."""
    seconds = 0.0

    def watch(execute: Any, *arguments: Any) -> Any:
        nonlocal seconds
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            seconds += time.perf_counter() - started

    with connection.execute_wrapper(watch):
        found = search(person, SearchText.parse(text), Filters())
    return seconds * 1000, len(found.groups)


def plan_of(person: User, text: str) -> str:
    """Of the one statement that matters: the newest hits."""
    query = SearchText.parse(text).wanted()
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_custom_plan")
    return newest(own_entries(person, Filters()).filter(vector=query))[: NEWEST_MESSAGES + 1].explain(analyze=True)


def writing(address: str) -> str:
    """A question of 25 words and an answer of 150, each with and without the triggers that keep what is searched."""
    writer = data.Writer()
    owner = User.objects.order_by("pk")[0]
    conversation = Conversation.objects.filter(owner=owner)[0]
    results = []
    for name, words in (("a question", 25), ("an answer", 150)):
        for state in ("ENABLE", "DISABLE"):
            with psycopg.connect(address, autocommit=True) as database:
                database.execute(f"ALTER TABLE chat_message {state} TRIGGER USER")
                took = [insert(database, conversation, writer.text(words)) for _ in range(ROWS)]
                database.execute("ALTER TABLE chat_message ENABLE TRIGGER USER")
            results.append(f"{name} {'with' if state == 'ENABLE' else 'without'} search {statistics.median(took):.2f}")
    return ", ".join(results)


def insert(database: psycopg.Connection[Any], conversation: Conversation, text: str) -> float:
    started = time.perf_counter()
    database.execute(
        "INSERT INTO chat_message (id, conversation_id, role, text, stored_html, stored_html_version, instruction, "
        "created_at) VALUES (%s, %s, 'user', %s, '', 0, '', now())",
        [uuid.uuid4(), conversation.pk, text],
    )
    return (time.perf_counter() - started) * 1000
