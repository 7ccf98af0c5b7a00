"""The database keeps the search entries: triggers write them, foreign keys remove them.

A changed text gets a new entry with a higher id, by which SearchWord learns of its words.
"""

from django.db import migrations

TABLE = """
    ALTER TABLE chat_searchentry
        ADD CONSTRAINT search_entry_goes_with_conversation
            FOREIGN KEY (conversation_id) REFERENCES chat_conversation (id) ON DELETE CASCADE,
        ADD CONSTRAINT search_entry_goes_with_message
            FOREIGN KEY (message_id) REFERENCES chat_message (id) ON DELETE CASCADE;
"""
NO_TABLE = """
    ALTER TABLE chat_searchentry
        DROP CONSTRAINT search_entry_goes_with_message, DROP CONSTRAINT search_entry_goes_with_conversation;
"""
OF_MESSAGES = """
    CREATE FUNCTION chat_search_keep_message() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            DELETE FROM chat_searchentry WHERE message_id = NEW.id;
        END IF;
        INSERT INTO chat_searchentry (owner_id, conversation_id, message_id, created_at, vector)
        SELECT owner_id, id, NEW.id, NEW.created_at, chat_search_vector(NEW.text)
        FROM chat_conversation WHERE id = NEW.conversation_id AND NEW.text <> ''
        ON CONFLICT (message_id) DO UPDATE SET vector = EXCLUDED.vector;
        RETURN NULL;
    END $$;
    CREATE TRIGGER chat_search_new_message AFTER INSERT ON chat_message
        FOR EACH ROW WHEN (NEW.text <> '') EXECUTE FUNCTION chat_search_keep_message();
    CREATE TRIGGER chat_search_changed_message AFTER UPDATE OF text ON chat_message
        FOR EACH ROW WHEN (NEW.text IS DISTINCT FROM OLD.text) EXECUTE FUNCTION chat_search_keep_message();
"""
NOT_OF_MESSAGES = """
    DROP TRIGGER chat_search_changed_message ON chat_message;
    DROP TRIGGER chat_search_new_message ON chat_message;
    DROP FUNCTION chat_search_keep_message();
"""
OF_TITLES = """
    CREATE FUNCTION chat_search_keep_title() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            DELETE FROM chat_searchentry WHERE conversation_id = NEW.id AND message_id IS NULL;
        END IF;
        INSERT INTO chat_searchentry (owner_id, conversation_id, created_at, vector)
        VALUES (NEW.owner_id, NEW.id, NEW.created_at, setweight(chat_search_vector(NEW.title), 'A'))
        ON CONFLICT (conversation_id) WHERE message_id IS NULL DO UPDATE SET vector = EXCLUDED.vector;
        RETURN NULL;
    END $$;
    CREATE TRIGGER chat_search_new_title AFTER INSERT ON chat_conversation
        FOR EACH ROW EXECUTE FUNCTION chat_search_keep_title();
    CREATE TRIGGER chat_search_changed_title AFTER UPDATE OF title ON chat_conversation
        FOR EACH ROW WHEN (NEW.title IS DISTINCT FROM OLD.title) EXECUTE FUNCTION chat_search_keep_title();
"""
NOT_OF_TITLES = """
    DROP TRIGGER chat_search_changed_title ON chat_conversation;
    DROP TRIGGER chat_search_new_title ON chat_conversation;
    DROP FUNCTION chat_search_keep_title();
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0029_search_entry")]

    operations = [
        migrations.RunSQL(TABLE, NO_TABLE),
        migrations.RunSQL(OF_MESSAGES, NOT_OF_MESSAGES),
        migrations.RunSQL(OF_TITLES, NOT_OF_TITLES),
    ]
