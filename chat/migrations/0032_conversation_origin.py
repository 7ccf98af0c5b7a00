from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0031_search_entries_of_old")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="origin",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=300),
        ),
    ]
