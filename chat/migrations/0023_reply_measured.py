from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0022_measured_costs")]

    operations = [
        AddIndexConcurrently(
            "reply",
            models.Index(
                fields=["model", "-created_at"],
                condition=models.Q(state="completed", cost__isnull=False, input_tokens__isnull=False),
                name="reply_measured",
            ),
        ),
    ]
