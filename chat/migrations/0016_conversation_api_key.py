import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_balance_warnings"),
        ("chat", "0015_preferences"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="api_key",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="accounts.apikey"
            ),
        ),
    ]
