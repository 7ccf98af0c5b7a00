from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0016_conversation_api_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="reply",
            name="names_key",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
