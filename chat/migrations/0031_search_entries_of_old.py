"""What was written before there was a search gets its entries, a thousand rows a transaction, while the site runs.

Stopped in the middle it can be run again. A message that is changed meanwhile is left to its trigger.
"""

from typing import Any

from django.db import connection, migrations

FIRST = "00000000-0000-0000-0000-000000000000"
ROWS_AT_ONCE = 1000
MESSAGES = """
    WITH piece AS (
        SELECT id, conversation_id, created_at, text FROM chat_message WHERE id > %(after)s ORDER BY id LIMIT %(rows)s
        FOR KEY SHARE
    ), written AS (
        INSERT INTO chat_searchentry (owner_id, conversation_id, message_id, created_at, vector)
        SELECT owner_id, conversation_id, piece.id, piece.created_at, chat_search_vector(text)
        FROM piece JOIN chat_conversation conversation ON conversation.id = conversation_id WHERE text <> ''
        ON CONFLICT DO NOTHING
    )
    SELECT id FROM piece ORDER BY id DESC LIMIT 1
"""
TITLES = """
    WITH piece AS (
        SELECT id, owner_id, created_at, title FROM chat_conversation WHERE id > %(after)s ORDER BY id LIMIT %(rows)s
        FOR KEY SHARE
    ), written AS (
        INSERT INTO chat_searchentry (owner_id, conversation_id, created_at, vector)
        SELECT owner_id, id, created_at, setweight(chat_search_vector(title), 'A') FROM piece
        ON CONFLICT DO NOTHING
    )
    SELECT id FROM piece ORDER BY id DESC LIMIT 1
"""


def fill_in(apps: Any, schema_editor: Any) -> None:
    with connection.cursor() as cursor:
        for statement in (TITLES, MESSAGES):
            after = FIRST
            while after:
                cursor.execute(statement, {"after": after, "rows": ROWS_AT_ONCE})
                row = cursor.fetchone()
                after = row and row[0]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0030_search_entries_kept")]

    operations = [migrations.RunPython(fill_in, migrations.RunPython.noop)]
