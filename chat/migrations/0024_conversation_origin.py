from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0023_reply_measured")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="origin",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=300),
        ),
    ]
