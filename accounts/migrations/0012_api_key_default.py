from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_departure"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="is_default",
            field=models.BooleanField(db_default=False, default=False, verbose_name="default"),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.UniqueConstraint(
                condition=Q(is_default=True), fields=("owner",), name="api_key_one_default"
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=Q(is_default=False) | Q(owner__isnull=False), name="api_key_default_owned"
            ),
        ),
    ]
