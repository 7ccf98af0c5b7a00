import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_revocation_actions"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="apikey",
            name="warned_at",
        ),
        migrations.AddField(
            model_name="apikey",
            name="spend_limited_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name="KeyNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("key.low_balance", "few credits left"),
                            ("key.exhausted", "no credits left"),
                            ("key.refused", "refused by Segmind"),
                            ("key.spend_limit", "spend limit reached"),
                        ],
                        max_length=20,
                    ),
                ),
                ("day", models.DateField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("dismissed_at", models.DateTimeField(null=True)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="accounts.apikey"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="key_notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "notice about a key",
                "verbose_name_plural": "notices about keys",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("person", "day", "key", "kind"), name="key_notice_once_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["key.low_balance", "key.exhausted", "key.refused", "key.spend_limit"])
                        ),
                        name="key_notice_kind_is_known",
                    ),
                ],
            },
        ),
    ]
