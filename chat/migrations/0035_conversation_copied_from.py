from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0034_branches")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="copied_from",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=300),
        ),
    ]
