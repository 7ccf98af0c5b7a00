"""Without the indexes that another one covers, or that the migration before this one has replaced."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# By their names: an AlterField of its own would drop the unique indexes on parts of a table as well, and make the
# foreign keys anew, with the table locked meanwhile.
COVERED = {
    "chat_conversation_api_key_id_7fde8ee3": "chat_conversation (api_key_id)",
    "chat_ledgerentry_reply_id_6041b6c5": "chat_ledgerentry (reply_id)",
    "chat_message_author_id_923569d5": "chat_message (author_id)",
    "chat_message_conversation_id_a1207bf4": "chat_message (conversation_id)",
    "chat_reply_given_up_by_id_d1125398": "chat_reply (given_up_by_id)",
    "chat_reply_message_id_255b901c": "chat_reply (message_id)",
    "chat_reply_owner_id_5e0e9bd3": "chat_reply (owner_id)",
}
FORWARDS = tuple(f"DROP INDEX CONCURRENTLY IF EXISTS {name}" for name in COVERED)
BACKWARDS = tuple(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}" for name, columns in COVERED.items())

STATE = [
    migrations.AlterField(
        model_name="conversation",
        name="api_key",
        field=models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name="+",
            to="accounts.apikey",
        ),
    ),
    migrations.AlterField(
        model_name="ledgerentry",
        name="reply",
        field=models.ForeignKey(
            db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="chat.reply"
        ),
    ),
    migrations.AlterField(
        model_name="message",
        name="author",
        field=models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name="+",
            to=settings.AUTH_USER_MODEL,
        ),
    ),
    migrations.AlterField(
        model_name="message",
        name="conversation",
        field=models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="messages",
            to="chat.conversation",
        ),
    ),
    migrations.AlterField(
        model_name="reply",
        name="given_up_by",
        field=models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name="+",
            to=settings.AUTH_USER_MODEL,
            verbose_name="given up by",
        ),
    ),
    migrations.AlterField(
        model_name="reply",
        name="message",
        field=models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name="replies",
            to="chat.message",
        ),
    ),
    migrations.AlterField(
        model_name="reply",
        name="owner",
        field=models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name="replies",
            to=settings.AUTH_USER_MODEL,
            verbose_name="person",
        ),
    ),
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chat", "0051_partial_indexes"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RunSQL(FORWARDS, BACKWARDS, state_operations=STATE),
    ]
