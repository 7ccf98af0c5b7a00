"""Every change of a reply's state is told to the browsers that wait for it, whoever writes it."""

from django.db import migrations

FORWARDS = """
    CREATE FUNCTION chat_reply_tell() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('parley_reply', NEW.id || ' ' || NEW.state);
        RETURN NULL;
    END $$;
    CREATE TRIGGER chat_reply_tell AFTER UPDATE OF state ON chat_reply
        FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION chat_reply_tell();
"""
BACKWARDS = """
    DROP TRIGGER chat_reply_tell ON chat_reply;
    DROP FUNCTION chat_reply_tell();
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
