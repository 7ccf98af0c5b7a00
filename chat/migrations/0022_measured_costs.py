from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0021_starts_fresh_after")]

    operations = [
        migrations.AddField(
            model_name="languagemodel",
            name="answer_cost",
            field=models.DecimalField(decimal_places=10, editable=False, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name="languagemodel",
            name="reading_cost",
            field=models.DecimalField(decimal_places=16, editable=False, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name="languagemodel",
            name="measured_answers",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
