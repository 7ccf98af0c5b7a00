"""When Segmind said of a model that it is retired."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0011_context_budgets_of_models")]

    operations = [
        migrations.AddField(
            model_name="languagemodel",
            name="retired_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="retired by Segmind"),
        ),
    ]
