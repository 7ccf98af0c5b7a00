"""The files of a row that goes are noted, whoever deletes it, in the same transaction; chat.services.files removes them."""

from django.db import migrations

FORWARDS = """
    CREATE FUNCTION chat_attachment_stray() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chat_strayfile (name, due_at)
            SELECT file, now() FROM gone WHERE file <> '' UNION SELECT thumbnail, now() FROM gone WHERE thumbnail <> ''
            ON CONFLICT (name) DO UPDATE SET due_at = LEAST(chat_strayfile.due_at, EXCLUDED.due_at);
        RETURN NULL;
    END $$;
    CREATE TRIGGER chat_attachment_stray AFTER DELETE ON chat_attachment
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION chat_attachment_stray();
"""
BACKWARDS = """
    DROP TRIGGER chat_attachment_stray ON chat_attachment;
    DROP FUNCTION chat_attachment_stray();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0032_attachments"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
