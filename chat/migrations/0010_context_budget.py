"""How many characters a token stands for, and from which message on a reply's model remembered the conversation."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0009_database_identity")]

    operations = [
        migrations.AddField(
            model_name="languagemodel",
            name="characters_per_token",
            field=models.FloatField(
                db_default=3.0,
                default=3.0,
                help_text="An estimate; lower is safer. About 4 in English, 3 in most other languages, 1 in Chinese.",
                validators=[
                    django.core.validators.MinValueValidator(0.1),
                    django.core.validators.MaxValueValidator(20),
                ],
                verbose_name="characters per token",
            ),
        ),
        migrations.AlterField(
            model_name="languagemodel",
            name="context_tokens",
            field=models.PositiveIntegerField(
                default=100000,
                help_text="How much of a long conversation is sent. Leave room for the answer below the model's own limit.",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="context budget, in tokens",
            ),
        ),
        migrations.AddField(
            model_name="reply",
            name="remembers_from",
            field=models.UUIDField(editable=False, null=True),
        ),
    ]
