from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_budget_actions"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="revoked_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="revoked"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="revocation_told_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("revoked_at", None), ("ciphertext", b""), _connector="OR"),
                name="api_key_revoked_is_empty",
            ),
        ),
    ]
