"""A message that waits for an answer which did not come may be sent all the same, once its person says so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0026_draft")]

    operations = [
        migrations.AddField(
            model_name="reply",
            name="goes_regardless",
            field=models.BooleanField(db_default=False, default=False),
        )
    ]
