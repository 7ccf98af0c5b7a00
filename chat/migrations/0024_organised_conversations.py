from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0023_reply_measured")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="seen_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="is_pinned",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="conversation",
            name="archived_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="trashed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
