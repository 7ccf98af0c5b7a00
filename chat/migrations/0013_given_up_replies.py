"""Who let the matter of an unknown reply rest, and when."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0012_retired_models"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            model_name="reply",
            name="given_up_at",
            field=models.DateTimeField(null=True, verbose_name="given up"),
        ),
        migrations.AddField(
            model_name="reply",
            name="given_up_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
