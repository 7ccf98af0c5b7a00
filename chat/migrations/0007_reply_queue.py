"""A queued reply is told to the workers, so that they need not ask for it all the time."""

from django.db import migrations

FORWARDS = """
    CREATE FUNCTION chat_reply_queued() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NOTIFY parley_queue;
        RETURN NULL;
    END $$;
    CREATE TRIGGER chat_reply_queued AFTER INSERT OR UPDATE OF state ON chat_reply
        FOR EACH ROW WHEN (NEW.state = 'queued') EXECUTE FUNCTION chat_reply_queued();
"""
BACKWARDS = """
    DROP TRIGGER chat_reply_queued ON chat_reply;
    DROP FUNCTION chat_reply_queued();
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0006_accounting")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
