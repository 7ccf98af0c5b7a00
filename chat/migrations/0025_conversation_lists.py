"""An index for each list of conversations, in place of the one for a list of all of them."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chat", "0024_organised_conversations")]

    operations = [
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=Q(("archived_at", None), ("trashed_at", None)),
                fields=["owner", "-is_pinned", "-updated_at", "-id"],
                name="conversation_listed",
            ),
        ),
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=Q(("archived_at__isnull", False), ("trashed_at", None)),
                fields=["owner", "-archived_at", "-id"],
                name="conversation_archived",
            ),
        ),
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=Q(("trashed_at__isnull", False)),
                fields=["owner", "-trashed_at", "-id"],
                name="conversation_trashed",
            ),
        ),
        RemoveIndexConcurrently(model_name="conversation", name="conversation_newest_first"),
    ]
