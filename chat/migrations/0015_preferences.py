import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("chat", "0014_unknown_replies")]

    operations = [
        migrations.CreateModel(
            name="Preferences",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="preferences",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="chat.languagemodel",
                        verbose_name="model",
                    ),
                ),
                ("instruction", models.TextField(blank=True, verbose_name="instruction")),
            ],
        ),
    ]
