import django.core.validators
import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="paced_until",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="rate",
            field=models.PositiveSmallIntegerField(
                db_default=50,
                default=50,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="rate, in messages per minute",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="rate_learned_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="rate learned at"),
        ),
    ]
