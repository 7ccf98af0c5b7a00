"""What was typed and not sent yet. It goes when its message is stored, in that transaction and without a query of ours."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
    CREATE FUNCTION chat_message_ends_draft() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM chat_draft WHERE conversation_id = NEW.conversation_id AND client_id = NEW.client_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER chat_message_ends_draft AFTER INSERT ON chat_message
        FOR EACH ROW WHEN (NEW.client_id IS NOT NULL) EXECUTE FUNCTION chat_message_ends_draft();
"""
BACKWARDS = """
    DROP TRIGGER chat_message_ends_draft ON chat_message;
    DROP FUNCTION chat_message_ends_draft();
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0025_conversation_lists"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("conversation_id", models.UUIDField(editable=False)),
                ("client_id", models.UUIDField(editable=False)),
                ("text", models.TextField()),
                ("updated_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "draft",
                "verbose_name_plural": "drafts",
                "constraints": [
                    models.UniqueConstraint(fields=("conversation_id", "owner"), name="draft_one_per_conversation")
                ],
            },
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
