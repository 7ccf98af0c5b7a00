"""Indexes on what is NULL in most rows hold the others alone: each was written to whenever a row was."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chat", "0050_rolled_totals")]

    operations = [
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=Q(("api_key__isnull", False)), fields=["api_key"], name="conversation_api_key"
            ),
        ),
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(condition=Q(("author__isnull", False)), fields=["author"], name="message_author"),
        ),
        AddIndexConcurrently(
            model_name="reply",
            index=models.Index(
                condition=Q(("given_up_by__isnull", False)), fields=["given_up_by"], name="reply_given_up_by"
            ),
        ),
    ]
