from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_shelf_actions"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="single_key_shortcuts",
            field=models.BooleanField(db_default=True, default=True, verbose_name="shortcuts of a single key"),
        ),
    ]
