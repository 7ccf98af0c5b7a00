import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_balance_warnings"),
        ("chat", "0008_circuit"),
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
