from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0020_no_preferences")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="starts_fresh_after",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
