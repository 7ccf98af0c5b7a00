from decimal import Decimal

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_team_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="warn_below",
            field=models.DecimalField(
                blank=True,
                db_default=Decimal(1),
                decimal_places=10,
                default=Decimal(1),
                help_text="Credits. Empty: no warning.",
                max_digits=20,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="warn below",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="warned_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
