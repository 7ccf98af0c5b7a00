from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0033_stray_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="origin_id",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="compared",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="message",
            name="last_leaf_id",
            field=models.UUIDField(editable=False, null=True),
        ),
    ]
