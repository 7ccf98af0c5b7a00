"""What an administrator decides about a model: for whom it is, which is the default, temperatures and a price."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_single_key_shortcuts"),
        ("chat", "0044_budget_warnings"),
    ]

    operations = [
        migrations.AddField(
            model_name="languagemodel",
            name="call_price",
            field=models.DecimalField(
                blank=True,
                decimal_places=8,
                help_text="Instead of both prices by the token.",
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="price of a call, in USD",
            ),
        ),
        migrations.AddField(
            model_name="languagemodel",
            name="groups",
            field=models.ManyToManyField(
                blank=True,
                help_text="None: everybody may use it.",
                related_name="+",
                to="accounts.group",
                verbose_name="only for these groups",
            ),
        ),
        migrations.AddField(
            model_name="languagemodel",
            name="highest_temperature",
            field=models.FloatField(
                db_default=1,
                default=1,
                help_text="What people may choose between. See the model's API page for what it takes.",
                validators=[django.core.validators.MaxValueValidator(2.0)],
                verbose_name="highest temperature",
            ),
        ),
        migrations.AddField(
            model_name="languagemodel",
            name="is_default",
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name="default"),
        ),
        migrations.AddField(
            model_name="languagemodel",
            name="lowest_temperature",
            field=models.FloatField(
                db_default=0,
                default=0,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="lowest temperature",
            ),
        ),
        migrations.AddField(
            model_name="languagemodel",
            name="reading_price",
            field=models.DecimalField(
                blank=True,
                decimal_places=8,
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="price of what it reads, in USD per 1,000 tokens",
            ),
        ),
        migrations.AddField(
            model_name="languagemodel",
            name="writing_price",
            field=models.DecimalField(
                blank=True,
                decimal_places=8,
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="price of what it writes, in USD per 1,000 tokens",
            ),
        ),
        migrations.AlterField(
            model_name="languagemodel",
            name="has_temperature",
            field=models.BooleanField(default=False, verbose_name="takes a temperature"),
        ),
        migrations.AddConstraint(
            model_name="languagemodel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)), fields=("is_default",), name="model_one_default"
            ),
        ),
        migrations.AddConstraint(
            model_name="languagemodel",
            constraint=models.CheckConstraint(
                condition=models.Q(("lowest_temperature__lt", models.F("highest_temperature"))),
                name="model_temperatures_in_order",
                violation_error_message="The lowest temperature has to be below the highest one.",
            ),
        ),
        migrations.AddConstraint(
            model_name="languagemodel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("call_price", None), models.Q(("reading_price", None), ("writing_price", None)), _connector="OR"
                ),
                name="model_price_by_call_or_token",
                violation_error_message="Set a price of a call, or prices by the token, not both.",
            ),
        ),
    ]
