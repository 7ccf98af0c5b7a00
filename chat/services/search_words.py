"""What search leaves to the worker: taking in new entries, and the words by which mistyped ones are understood."""

from django.db import connection
from django.db.models import Max

from chat.models import SearchEntry, SearchWord

# A few hundredths of a second: the worker's deliveries use the same thread.
ENTRIES_AT_ONCE = 300
WORDS_AT_ONCE = 100
# An entry may be committed after one with a higher number.
LATE_ENTRIES = 1000
# Letters only: no numbers, and no keys or passwords that somebody has pasted.
NOTE = """
    INSERT INTO chat_searchword (word, first_entry)
    SELECT lexeme, min(entry.id) FROM chat_searchentry entry, unnest(vector)
    WHERE entry.id > %(after)s AND entry.id <= %(until)s AND lexeme ~ '^[[:alpha:]]{4,24}$'
    GROUP BY lexeme ORDER BY lexeme ON CONFLICT DO NOTHING
"""
FORGET = """
    WITH piece AS (SELECT id, word FROM chat_searchword WHERE id > %(after)s ORDER BY id LIMIT %(words)s),
    gone AS (
        DELETE FROM chat_searchword USING piece WHERE chat_searchword.id = piece.id AND NOT EXISTS (
            SELECT FROM chat_searchentry WHERE vector @@ quote_literal(piece.word)::tsquery
        )
    )
    SELECT max(id) FROM piece
"""


def take_in_new_entries() -> None:
    """Empty the index's list of what is new; it is searched as well, but each search reads all of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('search_words_of_owner')")


def note_words(after: int | None = None) -> int | None:
    """Note the words of the next entries after that one. Returns where to go on, None at the end."""
    if after is None:
        known = SearchWord.objects.aggregate(last=Max("first_entry"))["last"] or 0
        after = max(0, known - LATE_ENTRIES)
    end = SearchEntry.objects.aggregate(last=Max("pk"))["last"] or 0
    until = min(after + ENTRIES_AT_ONCE, end)
    if until <= after:
        return None
    with connection.cursor() as cursor:
        cursor.execute(NOTE, {"after": after, "until": until})
    return until


def forget_words(after: int = 0) -> int | None:
    """Forget those of the next words after that one which no entry has any more. Returns where to go on."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"after": after, "words": WORDS_AT_ONCE})
        last: int | None = cursor.fetchone()[0]
    return last
