from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("chat", "0019_default_presets")]

    operations = [migrations.DeleteModel(name="Preferences")]
