from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0055_release_of_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="preset",
            name="gone_model",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=100),
        ),
    ]
