"""A day that is summed up knows its whole sums, and is taken out by any change of a reply that is half an hour old."""

import django.contrib.postgres.fields
from django.db import migrations, models

TRIGGERS = """
    CREATE OR REPLACE TRIGGER chat_reply_unroll_inserted AFTER INSERT ON chat_reply
        FOR EACH ROW WHEN (NEW.created_at < now() - interval '{age}') EXECUTE FUNCTION chat_reply_unroll();
    CREATE OR REPLACE TRIGGER chat_reply_unroll_updated AFTER UPDATE OF state, billed, cost, created_at, finished_at,
            input_tokens, output_tokens ON chat_reply
        FOR EACH ROW WHEN (LEAST(OLD.created_at, NEW.created_at) < now() - interval '{age}')
        EXECUTE FUNCTION chat_reply_unroll();
"""
# The periodic job sums them up anew.
FORGET = "DELETE FROM chat_rolledday"


class Migration(migrations.Migration):
    dependencies = [("chat", "0049_snapshot_files_stray")]

    operations = [
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        migrations.AddField("rolledday", "replies", models.PositiveIntegerField(default=0), preserve_default=False),
        migrations.AddField("rolledday", "failed", models.PositiveIntegerField(default=0), preserve_default=False),
        migrations.AddField("rolledday", "unknown", models.PositiveIntegerField(default=0), preserve_default=False),
        migrations.AddField("rolledday", "read", models.PositiveBigIntegerField(default=0), preserve_default=False),
        migrations.AddField("rolledday", "written", models.PositiveBigIntegerField(default=0), preserve_default=False),
        migrations.AddField(
            "rolledday",
            "spent",
            models.DecimalField(max_digits=20, decimal_places=10, default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            "rolledday",
            "waits",
            django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), default=list),
            preserve_default=False,
        ),
        migrations.RunSQL(TRIGGERS.format(age="30 minutes"), TRIGGERS.format(age="12 hours")),
    ]
