from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_personal_settings")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="deletion_due_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="to be deleted"),
        ),
    ]
