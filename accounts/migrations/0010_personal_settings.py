import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_invitation")]

    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("webp", models.BinaryField()),
            ],
        ),
        migrations.AddField(
            model_name="user",
            name="picture",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to="accounts.picture",
                verbose_name="picture",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="time_zone",
            field=models.CharField(blank=True, db_default="", max_length=64, verbose_name="time zone"),
        ),
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(blank=True, db_default="", max_length=10, verbose_name="language"),
        ),
        migrations.AddField(
            model_name="user",
            name="appearance",
            field=models.CharField(
                choices=[("system", "As the system"), ("light", "Light"), ("dark", "Dark")],
                db_default="system",
                default="system",
                max_length=6,
                verbose_name="appearance",
            ),
        ),
    ]
