"""Words that a mistyped one may have meant."""

from difflib import get_close_matches

from django.db import connection

from accounts.models import User

SHORTEST_WORD = 4
MOST_WORDS = 5
# Of 1, by difflib's count: one letter wrong in four, or two in eight.
CLOSE = 0.75
# Two neighbours changed places leave a six-letter word about a quarter of its trigrams.
LOOSELY = "SELECT set_config('pg_trgm.similarity_threshold', '0.25', true)"
# The vocabulary comes to know new words after some minutes; those of the person's newest messages are looked at here.
CANDIDATES = """
    SELECT word FROM (
        SELECT word FROM chat_searchword WHERE word %% %(word)s
        UNION
        SELECT lexeme FROM (
            SELECT vector FROM chat_searchentry WHERE owner_id = %(owner)s ORDER BY created_at DESC LIMIT 100
        ) newest, unnest(vector) WHERE lexeme %% %(word)s
    ) alike
    WHERE length(word) BETWEEN length(%(word)s) - 2 AND length(%(word)s) + 2
    ORDER BY similarity(word, %(word)s) DESC, word LIMIT 200
"""


def similar_words(user: User, word: str) -> list[str]:
    """Words that occur somewhere and look like this one, most alike first. Two queries, inside a transaction.

    Some may be other people's only: nothing may be shown of them but what they find among the person's own.
    """
    if len(word) < SHORTEST_WORD:
        return []
    word = word.lower()
    with connection.cursor() as cursor:
        cursor.execute(LOOSELY)
        cursor.execute(CANDIDATES, {"word": word, "owner": user.pk})
        candidates = [row[0] for row in cursor.fetchall()]
    return get_close_matches(word, [found for found in candidates if found != word], n=MOST_WORDS, cutoff=CLOSE)
