from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_balance_warnings"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="rate_told_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
