from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0017_reply_names_key")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="origin",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=300),
        ),
    ]
