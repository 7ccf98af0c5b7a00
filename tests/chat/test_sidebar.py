"""What stands in the side bar: spans of time, pages, marks, and what that costs the database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Conversation, Message, Reply
from chat.sidebar import PAGE_OF_CONVERSATIONS, conversation_page, kept_page, older_than

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(settings):
    with time_machine.travel(NOW, tick=False), timezone.override("UTC"):
        yield


def add(owner, title, *, hours=0.0, **fields):
    """A conversation that was last written in so many hours ago."""
    fields = {"updated_at": NOW - timedelta(hours=hours), **fields}
    return Conversation.objects.create(owner=owner, title=title, **fields)


def spans(page):
    return [(group.name, [row.title for row in group.conversations]) for group in page.groups]


def test_conversations_stand_under_the_span_of_time_they_were_last_written_in(alice):
    add(alice, "a year ago", hours=24 * 366)
    add(alice, "weeks ago", hours=24 * 17)
    add(alice, "eight days ago", hours=24 * 8)
    add(alice, "a week ago", hours=24 * 7)
    add(alice, "last night", hours=9.5)
    add(alice, "this night", hours=8.5)
    add(alice, "old and dear", hours=9999, is_pinned=True)
    assert spans(conversation_page(alice)) == [
        ("Pinned", ["old and dear"]),
        ("Today", ["this night"]),
        ("Yesterday", ["last night"]),
        ("Last 7 days", ["a week ago"]),
        ("November 2026", ["eight days ago", "weeks ago"]),
        ("November 2025", ["a year ago"]),
    ]


def test_days_begin_at_the_persons_own_midnight(alice):
    add(alice, "at 23:30 UTC", hours=9.5)
    with timezone.override("Europe/Berlin"):
        assert spans(conversation_page(alice)) == [("Today", ["at 23:30 UTC"])]
    with timezone.override("America/New_York"):
        assert spans(conversation_page(alice))[1] == ("Yesterday", ["at 23:30 UTC"])


def test_a_span_that_the_page_before_has_begun_gets_no_second_name(alice):
    for number in range(PAGE_OF_CONVERSATIONS + 5):
        add(alice, f"talk {number}", hours=24 * 3 + number * 24 / 20, is_pinned=number < 2)
    first = conversation_page(alice)
    assert [(group.key, group.goes_on) for group in first.groups] == [
        ("pinned", False),
        ("today", False),
        ("week", False),
    ]
    second = conversation_page(alice, before=first.conversations[-1])
    assert [(group.key, len(group.conversations), group.goes_on) for group in second.groups] == [("week", 5, True)]


def test_pages_have_every_conversation_once_and_in_order(alice, bob):
    for number in range(2 * PAGE_OF_CONVERSATIONS + 3):
        # Many of the same moment, more pinned ones than a page has, and ids that are in no order.
        add(alice, str(number), hours=number // 20, is_pinned=number % 2 == 0, pk=UUID(int=number * 7919 % 101 + 1))
    add(bob, "not hers")
    found, page = [], conversation_page(alice)
    while True:
        found += page.conversations
        if not page.next_page_url:
            break
        page = conversation_page(alice, before=found[-1])
    expected = sorted(
        Conversation.objects.filter(owner=alice),
        key=lambda row: (row.is_pinned, row.updated_at, row.pk.int),
        reverse=True,
    )
    assert found == expected


def test_what_is_in_the_archive_or_in_the_trash_is_not_there(alice):
    add(alice, "archived", archived_at=NOW)
    add(alice, "trashed", trashed_at=NOW)
    add(alice, "both", archived_at=NOW, trashed_at=NOW)
    assert conversation_page(alice).conversations == []


# --- Marks --------------------------------------------------------------------
def answered(owner, model, title, state, *, finished, seen):
    conversation = add(owner, title, seen_at=seen)
    leaf = Message.objects.create(conversation=conversation, role="assistant")
    Conversation.objects.filter(pk=conversation.pk).update(active_leaf=leaf)
    facts = {"owner": owner, "model": model, "version": "v1", "key_label": "", "submit_started_at": finished}
    failure = {"failure_kind": "rate"} if state == "failed" else {}
    Reply.objects.create(message=leaf, state=state, finished_at=finished, **facts, **failure)


def test_marks_tell_what_waits_and_what_has_ended_since_the_person_looked(alice, llama):
    past, before = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    answered(alice, llama, "waits", "queued", finished=None, seen=past)
    answered(alice, llama, "done", "completed", finished=before, seen=past)
    answered(alice, llama, "failed", "failed", finished=before, seen=past)
    answered(alice, llama, "seen", "completed", finished=past, seen=before)
    answered(alice, llama, "stopped", "stopped", finished=before, seen=past)
    answered(alice, llama, "from before marks", "completed", finished=before, seen=None)
    add(alice, "without an answer", seen_at=past)
    rows = conversation_page(alice).conversations
    assert {row.title for row in rows if row.is_waiting} == {"waits"}
    assert {row.title for row in rows if row.is_unread} == {"done", "failed"}


# --- Cost ---------------------------------------------------------------------
def test_a_page_is_one_query_by_the_index_however_many_there_are(alice, bob, llama):
    Conversation.objects.bulk_create(
        Conversation(owner=owner, title="one of many", updated_at=NOW - timedelta(minutes=number))
        for number in range(2500)
        for owner in (alice, bob)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE chat_conversation")
    with CaptureQueriesContext(connection) as queries:
        page = conversation_page(alice)
        conversation_page(alice, before=Conversation.objects.filter(owner=alice).newest_first()[2000])
    assert len(page.conversations) == PAGE_OF_CONVERSATIONS
    selects = [query["sql"] for query in queries if "answer_state" in query["sql"]]
    assert (len(queries), len(selects)) == (3, 2)
    for select in selects:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {select}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Index Scan using conversation_listed" in plan
        assert "Sort" not in plan.partition("SubPlan")[0]


@pytest.mark.parametrize(("field", "index"), [("archived_at", "archived"), ("trashed_at", "trashed")])
def test_what_was_put_away_is_found_by_an_index_of_its_own(alice, field, index):
    for number in range(400):
        add(alice, "one of many", **({field: NOW} if number % 4 == 0 else {}))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE chat_conversation")
        # A few hundred rows may as well be sorted; the index has to be one that could serve.
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    kept = Conversation.objects.owned_by(alice) if index == "trashed" else Conversation.objects.visible_to(alice)
    rows = kept.exclude(**{field: None})
    before = rows.order_by("-pk")[50]
    page, _next_page = kept_page(rows, field, before)
    assert len(page) == PAGE_OF_CONVERSATIONS
    plan = rows.filter(older_than(field, NOW, before)).order_by(f"-{field}", "-pk")[:31].explain()
    assert f"conversation_{index}" in plan
