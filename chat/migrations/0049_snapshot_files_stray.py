"""The files of a link's snapshot are noted when they go, as those of attachments are."""

from django.db import migrations

FORWARDS = """
    CREATE TRIGGER chat_snapshotfile_stray AFTER DELETE ON chat_snapshotfile
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION chat_attachment_stray();
"""
BACKWARDS = "DROP TRIGGER chat_snapshotfile_stray ON chat_snapshotfile;"


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0048_snapshot_files"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
