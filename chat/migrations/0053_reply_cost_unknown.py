"""Administrators look through the few replies whose cost nobody knows out of all that there are."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chat", "0052_no_covered_indexes")]

    operations = [
        AddIndexConcurrently(
            "reply",
            models.Index(
                fields=["submit_started_at"],
                condition=models.Q(
                    ("finished_at__isnull", False),
                    models.Q(("billed", "unknown"), models.Q(("billed", "yes"), ("cost", None)), _connector="OR"),
                ),
                name="reply_cost_unknown",
            ),
        ),
    ]
