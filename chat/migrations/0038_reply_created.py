"""Usage reads the replies of a few days out of those of years."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chat", "0037_usage_days")]

    operations = [
        AddIndexConcurrently("reply", models.Index(fields=["created_at"], name="reply_created")),
    ]
