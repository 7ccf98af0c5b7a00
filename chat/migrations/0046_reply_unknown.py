"""Administrators look through the few replies whose answer was lost out of all that there are."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chat", "0045_models_in_hand")]

    operations = [
        AddIndexConcurrently(
            "reply",
            models.Index(fields=["submit_started_at"], condition=models.Q(("state", "unknown")), name="reply_unknown"),
        ),
    ]
